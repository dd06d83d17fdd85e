using OrleansTransfer.Learning.Training;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>
/// DANN (Ganin and others, arXiv 1505.07818): a discriminator tells source features from target ones behind a gradient reversal layer. Objective:
/// equation 9, with the reversal's warm-up of equation 14.
/// </summary>
public sealed class DomainAdversarial : IAdaptationMethod
{
    /// <summary>Width of the discriminator's two hidden layers.</summary>
    internal const int HiddenWidth = 256;

    /// <inheritdoc/>
    public string Name => "dann";

    /// <inheritdoc/>
    public string Summary => "features that a discriminator cannot tell apart by domain";

    /// <inheritdoc/>
    public IReadOnlyList<Phase> Plan(TransferOptions options, IReadOnlyList<string> stages) => AdaptationPhases.One(Name, options, stages);

    /// <inheritdoc/>
    public ITrainingObjective Create(AdaptationContext context)
    {
        var discriminator = new Perceptron(context.Seed, context.FeatureWidth, HiddenWidth, HiddenWidth, 1);
        return new AdaptationObjective(discriminator, new WeightedLoss(new Term(discriminator), context.Weight));
    }

    private sealed class Term(Perceptron discriminator) : TwoDomainTerm
    {
        public override string Name => "dann";

        protected override Tensor Compute(LossContext context, StreamPass source, StreamPass target)
        {
            var features = cat([source.Features, target.Features]);
            var reversed = GradientReversal.Reverse(features, GradientReversal.WarmUp(context.Progress));
            return DomainLoss.Of(discriminator.call(reversed).squeeze(1), source, target);
        }
    }
}
