using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Training;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>
/// DAN (Long and others, arXiv 1502.02791): the multi-kernel maximum mean discrepancy of the penultimate features, equation 1, over the whole global
/// batch; with the quadratic estimate instead of the linear one, and equal weights of the kernels.
/// </summary>
public sealed class DeepAdaptation : IAdaptationMethod
{
    /// <inheritdoc/>
    public string Name => "mmd";

    /// <inheritdoc/>
    public string Summary => "DAN: features whose distributions have the same means under many kernels";

    /// <inheritdoc/>
    public IReadOnlyList<Phase> Plan(TransferOptions options, IReadOnlyList<string> stages) => AdaptationPhases.One(Name, options, stages);

    /// <inheritdoc/>
    public ITrainingObjective Create(AdaptationContext context) => new AdaptationObjective(null, new WeightedLoss(new Term(), context.Weight));

    private sealed class Term : TwoDomainTerm
    {
        public override string Name => "mmd";

        public override bool NeedsWholeBatch => true;

        protected override Tensor Compute(LossContext context, StreamPass source, StreamPass target)
        {
            var rows = cat([context.Whole.Gather(source.Features, source), context.Whole.Gather(target.Features, target)]);
            return Kernels.Discrepancy(Kernels.Gaussians(rows), source.GlobalCount).Times(context.Whole.Share);
        }
    }
}
