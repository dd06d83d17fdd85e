using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>The batches of one step on one rank, and what the network makes of them. Lives as long as the step's dispose scope.</summary>
public sealed class LossContext
{
    private readonly Dictionary<string, StreamPass> _passes;

    internal LossContext(ImageClassifier model, Device device, IReadOnlyDictionary<string, ImageBatch> batches) =>
        _passes = batches.ToDictionary(entry => entry.Key, entry => new StreamPass(model, device, entry.Value));

    /// <summary>The batch of the stream <paramref name="name"/>.</summary>
    public StreamPass this[string name] => _passes[name];
}

/// <summary>One batch on the replica's device. Outputs are computed when first asked for, once.</summary>
public sealed class StreamPass
{
    private readonly Lazy<Tensor> _images, _labels, _features;
    private readonly Lazy<(Tensor Logits, Tensor? Auxiliary)> _outputs;

    internal StreamPass(ImageClassifier model, Device device, ImageBatch batch)
    {
        Count = batch.Count;
        GlobalCount = batch.GlobalCount;
        _images = new(() => batch.Images.to(device));
        _labels = new(() => batch.Labels.to(device));
        _outputs = new(() => model.training && model is IAuxiliaryClassifier classifier
            ? classifier.ForwardWithAuxiliary(Images)
            : (model.call(Images), null));
        _features = new(() => model.Features(Images));
    }

    /// <summary>Samples of this rank's share.</summary>
    public int Count { get; }

    /// <summary>Samples over all ranks.</summary>
    public int GlobalCount { get; }

    /// <summary>float32 <c>[n,3,H,W]</c>.</summary>
    public Tensor Images => _images.Value;

    /// <summary>int64 <c>[n]</c>.</summary>
    public Tensor Labels => _labels.Value;

    /// <summary>Logits <c>[n,K]</c>.</summary>
    public Tensor Logits => _outputs.Value.Logits;

    /// <summary>Logits <c>[n,K]</c> of the network's auxiliary classifier in training; null where there is none.</summary>
    public Tensor? AuxiliaryLogits => _outputs.Value.Auxiliary;

    /// <summary>Penultimate features <c>[n,F]</c>; a pass of its own beside <see cref="Logits"/>.</summary>
    public Tensor Features => _features.Value;
}
