using OrleansTransfer.Learning.Compute;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>
/// Mean cross-entropy, in nats, of the logits of a labelled stream. A network with an auxiliary classifier adds that one's cross-entropy, times <see
/// cref="AuxiliaryWeight"/>.
/// </summary>
/// <param name="stream">The labelled stream.</param>
/// <param name="smoothing">Share of each label that is spread over all of them evenly, 0 to 1 (Szegedy and others, arXiv 1512.00567).</param>
public sealed class CrossEntropyLoss(string stream = TrainingData.Train, double smoothing = 0) : ILossTerm
{
    /// <summary>torchvision's factor in training Inception v3.</summary>
    public const double AuxiliaryWeight = 0.4;

    /// <inheritdoc/>
    public string Name => "cross-entropy";

    /// <inheritdoc/>
    public IReadOnlyList<string> Streams { get; } = [stream];

    /// <inheritdoc/>
    public Tensor Compute(LossContext context)
    {
        var pass = context[stream];
        var loss = Mean(pass.Logits, pass);
        return pass.AuxiliaryLogits is { } auxiliary ? loss.Plus(Mean(auxiliary, pass).Times(AuxiliaryWeight)) : loss;
    }

    private Tensor Mean(Tensor logits, StreamPass pass) =>
        nn.functional.cross_entropy(logits, pass.Labels, reduction: nn.Reduction.Sum, label_smoothing: smoothing).Over(pass.GlobalCount);
}
