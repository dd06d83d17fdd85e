using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Training;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>
/// JAN (Long and others, arXiv 1605.06636): the joint maximum mean discrepancy of features and predictions, equation 9: the kernels of both layers
/// multiplied, over the whole global batch. Predictions have one kernel of fixed width.
/// </summary>
public sealed class JointAdaptation : IAdaptationMethod
{
    // The width that the published code has for softmax outputs, as a standard deviation.
    private const double PredictionWidth = 0.92;

    /// <inheritdoc/>
    public string Name => "jan";

    /// <inheritdoc/>
    public string Summary => "features and predictions whose joint distributions are alike";

    /// <inheritdoc/>
    public IReadOnlyList<Phase> Plan(TransferOptions options, IReadOnlyList<string> stages) => AdaptationPhases.One(Name, options, stages);

    /// <inheritdoc/>
    public ITrainingObjective Create(AdaptationContext context) => new AdaptationObjective(null, new WeightedLoss(new Term(), context.Weight));

    private sealed class Term : TwoDomainTerm
    {
        public override string Name => "jan";

        public override bool NeedsWholeBatch => true;

        protected override Tensor Compute(LossContext context, StreamPass source, StreamPass target)
        {
            Tensor Both(Func<StreamPass, Tensor> rows) =>
                cat([context.Whole.Gather(rows(source), source), context.Whole.Gather(rows(target), target)]);
            var joint = Kernels.Gaussians(Both(pass => pass.Features))
                * Kernels.Gaussian(Both(pass => pass.Logits.softmax(1)), PredictionWidth * PredictionWidth);
            return Kernels.Discrepancy(joint, source.GlobalCount).Times(context.Whole.Share);
        }
    }
}
