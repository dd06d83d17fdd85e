using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>Mean cross-entropy, in nats, of the logits of a labelled stream.</summary>
public sealed class CrossEntropyLoss(string stream = TrainingData.Train) : ILossTerm
{
    /// <inheritdoc/>
    public string Name => "cross-entropy";

    /// <inheritdoc/>
    public IReadOnlyList<string> Streams { get; } = [stream];

    /// <inheritdoc/>
    public Tensor Compute(LossContext context)
    {
        var pass = context[stream];
        return nn.functional.cross_entropy(pass.Logits, pass.Labels, reduction: nn.Reduction.Sum).div(pass.GlobalCount);
    }
}
