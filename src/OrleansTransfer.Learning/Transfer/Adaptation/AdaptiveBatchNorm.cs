using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>
/// AdaBN (Li and others, arXiv 1603.04779, algorithm 1), source-free: after training on the source, BatchNorm layers take their statistics from target
/// samples, and nothing is learned. Statistics follow the batches of one epoch with the layers' momentum.
/// </summary>
public sealed class AdaptiveBatchNorm : IAdaptationMethod
{
    /// <inheritdoc/>
    public string Name => "adabn";

    /// <inheritdoc/>
    public string Summary => "source-free: BatchNorm layers take the target's statistics";

    /// <inheritdoc/>
    public IReadOnlyList<Phase> Plan(TransferOptions options, IReadOnlyList<string> stages) =>
        AdaptationPhases.SourceFree(Name, options, stages, 1, TrainableScope.Statistics);

    /// <inheritdoc/>
    public ITrainingObjective Create(AdaptationContext context) => new SourceFreeObjective(new WeightedLoss(new ForwardTerm()));
}
