using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>
/// MDD (Zhang and others, arXiv 1904.05801): a second classifier agrees with the model on the source and disagrees on the target; behind gradient
/// reversal, features make that impossible. Objective: equations 26 to 30 with margin factor 4 and a reversal of at most 0.1.
/// </summary>
public sealed class MarginDisparity : IAdaptationMethod
{
    private const int HiddenWidth = 1024;
    private const double Margin = 4, MostReversal = 0.1;

    /// <inheritdoc/>
    public string Name => "mdd";

    /// <inheritdoc/>
    public string Summary => "features on which a second classifier cannot disagree with the first by a margin";

    /// <inheritdoc/>
    public IReadOnlyList<Phase> Plan(TransferOptions options, IReadOnlyList<string> stages) => AdaptationPhases.One(Name, options, stages);

    /// <inheritdoc/>
    public ITrainingObjective Create(AdaptationContext context)
    {
        var adversary = new Perceptron(context.Seed, context.FeatureWidth, HiddenWidth, context.Classes);
        return new AdaptationObjective(adversary, new WeightedLoss(new Term(adversary), context.Weight));
    }

    private sealed class Term(Perceptron adversary) : TwoDomainTerm
    {
        public override string Name => "mdd";

        protected override Tensor Compute(LossContext context, StreamPass source, StreamPass target)
        {
            var strength = MostReversal * GradientReversal.WarmUp(context.Progress);
            var answers = adversary.call(GradientReversal.Reverse(cat([source.Features, target.Features]), strength));
            var (ofSource, ofTarget) = (answers.narrow(0, 0, source.Count), answers.narrow(0, source.Count, target.Count));
            var agreement = nn.functional.cross_entropy(ofSource, source.Logits.argmax(1), reduction: nn.Reduction.Sum).Over(source.GlobalCount);
            var agreed = ofTarget.softmax(1).gather(1, target.Logits.argmax(1, keepdim: true)).squeeze(1);
            var disagreement = (-agreed).Plus(1).AtLeast(1e-6).log().sum().Over(target.GlobalCount);
            return agreement.Times(Margin) - disagreement;
        }
    }
}
