using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Training;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>
/// TENT (Wang and others, arXiv 2006.10726), source-free: after training on the source, one epoch on target samples alone changes scale and shift of the
/// BatchNorm layers, which normalise by the target's batches, to lower the entropy of predictions (equation 1).
/// </summary>
public sealed class TestTimeEntropy : IAdaptationMethod
{
    /// <inheritdoc/>
    public string Name => "tent";

    /// <inheritdoc/>
    public string Summary => "source-free: BatchNorm layers learn to make target predictions certain";

    /// <inheritdoc/>
    public IReadOnlyList<Phase> Plan(TransferOptions options, IReadOnlyList<string> stages) =>
        AdaptationPhases.SourceFree(Name, options, stages, 1, TrainableScope.Normalisation);

    /// <inheritdoc/>
    public ITrainingObjective Create(AdaptationContext context) => new SourceFreeObjective(new WeightedLoss(new Term(), context.Weight));

    private sealed class Term : TargetTerm
    {
        public override string Name => "entropy";

        protected override Tensor Compute(LossContext context, StreamPass target) =>
            Entropies.Of(target.Logits.softmax(1)).sum().Over(target.GlobalCount);
    }
}
