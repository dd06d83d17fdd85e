using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>
/// The batches of one step on one rank, and what the network makes of them in one pass over all of them. Lives as long as the step's dispose scope.
/// </summary>
public sealed class LossContext
{
    private readonly Classifier _model;
    private readonly Device _device;
    private readonly IReadOnlyDictionary<string, StreamPass> _passes;
    private bool _ran;

    internal LossContext(Classifier model, Device device, IReadOnlyDictionary<string, Batch> batches, GlobalBatch? whole = null, double progress = 0)
    {
        (_model, _device, Whole, Progress) = (model, device, whole ?? GlobalBatch.Alone, progress);
        _passes = batches.ToDictionary(entry => entry.Key, entry => new StreamPass(this, device, entry.Value), StringComparer.Ordinal);
    }

    /// <summary>Statistics over the whole global batch.</summary>
    public GlobalBatch Whole { get; }

    /// <summary>Share of the run's steps that are done, 0 to 1 (exclusive).</summary>
    public double Progress { get; }

    /// <summary>The batch of the stream <paramref name="name"/>.</summary>
    public StreamPass this[string name] => _passes[name];

    /// <summary>
    /// Runs the network over all streams together, so that BatchNorm layers normalise by the mixture and a step costs what one batch of this size does.
    /// </summary>
    internal void Run()
    {
        if (_ran) return;
        _ran = true;
        var passes = _passes.Values.ToList();
        var input = passes.Count == 1 ? passes[0].Inputs : Joined(passes, _model.PaddingToken);
        var outputs = passes[0].IsTrunk ? _model.OutputsOfTrunk(input) : _model.Outputs(input);
        long start = 0;
        foreach (var pass in passes)
        {
            var (from, count) = (start, (long)pass.Count);
            pass.Outputs = passes.Count == 1 ? outputs : new(Part(outputs.Features), Part(outputs.Logits), outputs.Auxiliary is { } all ? Part(all) : null);
            start += count;

            Tensor Part(Tensor tensor) => tensor.narrow(0, from, count);
        }
    }

    // Texts of different streams are padded to different lengths.
    private static Tensor Joined(IReadOnlyList<StreamPass> passes, int padding)
    {
        if (passes[0].Inputs.dim() != 2) return cat([.. passes.Select(pass => pass.Inputs)]);
        var length = passes.Max(pass => pass.Inputs.shape[1]);
        return cat([.. passes.Select(pass => nn.functional.pad(pass.Inputs, [0, length - pass.Inputs.shape[1]], value: padding))]);
    }
}

/// <summary>One batch on the replica's device. Outputs are computed when first asked for, once.</summary>
public sealed class StreamPass
{
    private readonly LossContext _context;
    private readonly Lazy<Tensor> _inputs, _labels;
    private NetworkOutputs? _outputs;

    internal StreamPass(LossContext context, Device device, Batch batch)
    {
        (_context, Count, GlobalCount, Offset, IsTrunk) = (context, batch.Count, batch.GlobalCount, batch.Offset, batch.IsTrunk);
        _inputs = new(() => batch.Inputs.to(device));
        _labels = new(() => batch.Labels.to(device));
    }

    /// <summary>Samples of this rank's share.</summary>
    public int Count { get; }

    /// <summary>Samples over all ranks.</summary>
    public int GlobalCount { get; }

    /// <summary>Samples of the global batch before this rank's share.</summary>
    public int Offset { get; }

    /// <summary>What the network takes: <c>[n,3,H,W]</c> or <c>[n,L]</c>.</summary>
    public Tensor Inputs => _inputs.Value;

    /// <summary>Whether <see cref="Inputs"/> are what the network's trunk makes of the samples.</summary>
    internal bool IsTrunk { get; }

    /// <summary>int64 <c>[n]</c>.</summary>
    public Tensor Labels => _labels.Value;

    /// <summary>Logits <c>[n,K]</c>.</summary>
    public Tensor Logits => Outputs.Logits;

    /// <summary>Logits <c>[n,K]</c> of the network's auxiliary classifier in training; null where there is none.</summary>
    public Tensor? AuxiliaryLogits => Outputs.Auxiliary;

    /// <summary>Penultimate features <c>[n,F]</c>.</summary>
    public Tensor Features => Outputs.Features;

    internal NetworkOutputs Outputs
    {
        get
        {
            if (_outputs is null) _context.Run();
            return _outputs!;
        }
        set => _outputs = value;
    }
}
