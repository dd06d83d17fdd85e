using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>
/// CDAN (Long and others, arXiv 1705.10667): the discriminator sees features jointly with predictions, so that classes are aligned and not only domains.
/// Objective: equations 3 and 4 with the multilinear map; where that is wider than 4096, its randomised form, equation 6. With entropy conditioning
/// (CDAN+E, equation 8) confident samples weigh more.
/// </summary>
public sealed class ConditionalAdversarial(bool entropyConditioning) : IAdaptationMethod
{
    private const int WidestMap = 4096, RandomisedWidth = 1024;

    /// <inheritdoc/>
    public string Name => entropyConditioning ? "cdan-e" : "cdan";

    /// <inheritdoc/>
    public string Summary => entropyConditioning
        ? "cdan in which confident samples weigh more"
        : "features and predictions that a discriminator cannot tell apart by domain";

    /// <inheritdoc/>
    public IReadOnlyList<Phase> Plan(TransferOptions options, IReadOnlyList<string> stages) => AdaptationPhases.One(Name, options, stages);

    /// <inheritdoc/>
    public ITrainingObjective Create(AdaptationContext context)
    {
        var networks = new Networks(context);
        return new AdaptationObjective(networks, new WeightedLoss(new Term(Name, networks, entropyConditioning), context.Weight));
    }

    /// <summary>The discriminator, and the projections of the randomised map.</summary>
    private sealed class Networks : nn.Module<Tensor, Tensor, Tensor>
    {
        private readonly Perceptron discriminator;
        private readonly bool _randomised;

        // Each asking makes a handle of its own; the first asking comes when the module is on its device.
        private Tensor? _features, _predictions;

        public Networks(AdaptationContext context) : base(nameof(Networks))
        {
            _randomised = context.FeatureWidth * context.Classes > WidestMap;
            var width = _randomised ? RandomisedWidth : context.FeatureWidth * context.Classes;
            discriminator = new(context.Seed, width, DomainAdversarial.HiddenWidth, DomainAdversarial.HiddenWidth, 1);
            RegisterComponents();
            if (!_randomised) return;
            using var generator = new Generator((ulong)context.Seed);
            var (features, predictions) = (empty(context.FeatureWidth, RandomisedWidth), empty(context.Classes, RandomisedWidth));
            Initializers.Normal(features, 0, 1, generator);
            Initializers.Normal(predictions, 0, 1, generator);
            register_buffer("features_projection", features);
            register_buffer("predictions_projection", predictions);
        }

        /// <summary>Answers <c>[n]</c> for features <c>[n,F]</c> and predictions <c>[n,K]</c>.</summary>
        public override Tensor forward(Tensor features, Tensor predictions)
        {
            if (_randomised && _features is null) (_features, _predictions) = (get_buffer("features_projection"), get_buffer("predictions_projection"));
            var map = _randomised
                ? (features.matmul(_features!) * predictions.matmul(_predictions!)).Over(Math.Sqrt(RandomisedWidth))
                : bmm(predictions.unsqueeze(2), features.unsqueeze(1)).flatten(1);
            return discriminator.call(map).squeeze(1);
        }
    }

    private sealed class Term(string name, Networks networks, bool entropyConditioning) : TwoDomainTerm
    {
        public override string Name => name;

        public override bool NeedsWholeBatch => entropyConditioning;

        protected override Tensor Compute(LossContext context, StreamPass source, StreamPass target)
        {
            var predictions = cat([source.Logits, target.Logits]).softmax(1).detach();
            var features = cat([source.Features, target.Features]);
            var reversed = GradientReversal.Reverse(features, GradientReversal.WarmUp(context.Progress));
            var answers = networks.call(reversed, predictions);
            return DomainLoss.Of(answers, source, target, entropyConditioning ? Weights(context, predictions, source, target) : null);
        }

        // Equation 8, scaled to a mean of 1 over each domain's global batch.
        private static Tensor Weights(LossContext context, Tensor predictions, StreamPass source, StreamPass target)
        {
            var raw = (-Entropies.Of(predictions)).exp().Plus(1);
            var (ofSource, ofTarget) = (raw.narrow(0, 0, source.Count), raw.narrow(0, source.Count, target.Count));
            var sums = context.Whole.Sum(stack([ofSource.sum(), ofTarget.sum()])).detach();
            return cat([ofSource.Times(source.GlobalCount) / sums[0], ofTarget.Times(target.GlobalCount) / sums[1]]);
        }
    }
}
