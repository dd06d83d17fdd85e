using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>
/// MCD (Saito and others, arXiv 1712.02560): two classifiers agree on the source and differ as much as they can on target samples far from it; features
/// move to where they cannot (discrepancy: equation 1, the mean absolute difference of probabilities). The paper alternates three updates; here
/// one update does all, with gradient reversal between features and classifiers. The two stand beside the model's own head, which learns from the
/// source and is what remains.
/// </summary>
public sealed class ClassifierDiscrepancy : IAdaptationMethod
{
    private const int HiddenWidth = 256;

    /// <inheritdoc/>
    public string Name => "mcd";

    /// <inheritdoc/>
    public string Summary => "features on which two classifiers cannot disagree";

    /// <inheritdoc/>
    public IReadOnlyList<Phase> Plan(TransferOptions options, IReadOnlyList<string> stages) => AdaptationPhases.One(Name, options, stages);

    /// <inheritdoc/>
    public ITrainingObjective Create(AdaptationContext context)
    {
        var pair = new Pair(context);
        return new AdaptationObjective(pair, new WeightedLoss(new Term(pair), context.Weight));
    }

    private sealed class Pair : nn.Module
    {
        public Pair(AdaptationContext context) : base(nameof(Pair))
        {
            First = new(context.Seed, context.FeatureWidth, HiddenWidth, context.Classes);
            Second = new(context.Seed + 1, context.FeatureWidth, HiddenWidth, context.Classes);
            register_module("first", First);
            register_module("second", Second);
        }

        public Perceptron First { get; }

        public Perceptron Second { get; }
    }

    private sealed class Term(Pair pair) : TwoDomainTerm
    {
        public override string Name => "mcd";

        protected override Tensor Compute(LossContext context, StreamPass source, StreamPass target)
        {
            Tensor Supervised(Perceptron classifier) =>
                nn.functional.cross_entropy(classifier.call(source.Features), source.Labels, reduction: nn.Reduction.Sum).Over(source.GlobalCount);

            var reversed = GradientReversal.Reverse(target.Features, GradientReversal.WarmUp(context.Progress));
            var differences = (pair.First.call(reversed).softmax(1) - pair.Second.call(reversed).softmax(1)).abs(); // [n,K]
            var discrepancy = differences.mean([1L]).sum().Over(target.GlobalCount).Times(target.Logits.shape[1]);
            return Supervised(pair.First).Plus(Supervised(pair.Second)) - discrepancy;
        }
    }
}
