using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Training;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>
/// AFN in its stepwise form (Xu and others, arXiv 1811.07456): features of both domains grow longer, by 1 at a time (equation 7): target features are
/// weak and lie near the origin. Weight 0.05.
/// </summary>
public sealed class AdaptiveFeatureNorm : IAdaptationMethod
{
    private const double StepLength = 1, OwnWeight = 0.05;

    /// <inheritdoc/>
    public string Name => "afn";

    /// <inheritdoc/>
    public string Summary => "features that grow longer, step by step, in both domains";

    /// <inheritdoc/>
    public IReadOnlyList<Phase> Plan(TransferOptions options, IReadOnlyList<string> stages) => AdaptationPhases.One(Name, options, stages);

    /// <inheritdoc/>
    public ITrainingObjective Create(AdaptationContext context) =>
        new AdaptationObjective(null, new WeightedLoss(new Term(), context.Weight * OwnWeight));

    private sealed class Term : TwoDomainTerm
    {
        public override string Name => "afn";

        protected override Tensor Compute(LossContext context, StreamPass source, StreamPass target) => Of(source).Plus(Of(target));

        private static Tensor Of(StreamPass pass)
        {
            var lengths = pass.Features.Squared().sum(1).Plus(1e-12).sqrt();
            return (lengths - lengths.detach().Plus(StepLength)).Squared().sum().Over(pass.GlobalCount);
        }
    }
}
