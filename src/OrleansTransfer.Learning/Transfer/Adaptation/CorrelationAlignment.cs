using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Training;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>
/// Deep CORAL (Sun and Saenko, arXiv 1607.01719): the squared distance of the features' covariances, equations 1 to 3, over the whole global batch. The
/// paper divides by 4 d^2; here it is by 4 d, so that a weight of 1 fits features of any width.
/// </summary>
public sealed class CorrelationAlignment : IAdaptationMethod
{
    /// <inheritdoc/>
    public string Name => "coral";

    /// <inheritdoc/>
    public string Summary => "features with the same covariances";

    /// <inheritdoc/>
    public IReadOnlyList<Phase> Plan(TransferOptions options, IReadOnlyList<string> stages) => AdaptationPhases.One(Name, options, stages);

    /// <inheritdoc/>
    public ITrainingObjective Create(AdaptationContext context) => new AdaptationObjective(null, new WeightedLoss(new Term(), context.Weight));

    private sealed class Term : TwoDomainTerm
    {
        public override string Name => "coral";

        public override bool NeedsWholeBatch => true;

        protected override Tensor Compute(LossContext context, StreamPass source, StreamPass target)
        {
            var difference = Covariance(context.Whole.Gather(source.Features, source)) - Covariance(context.Whole.Gather(target.Features, target));
            return difference.Squared().sum().Over(4 * difference.shape[0]).Times(context.Whole.Share);
        }

        private static Tensor Covariance(Tensor rows)
        {
            var centred = rows - rows.mean([0L], keepdim: true);
            return centred.t().matmul(centred).Over(Math.Max(1, rows.shape[0] - 1));
        }
    }
}
