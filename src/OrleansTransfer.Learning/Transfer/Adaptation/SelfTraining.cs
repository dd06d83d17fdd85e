using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>
/// Self-training with hard pseudo-labels (Lee, ICML workshop 2013): target samples of which the model is confident are trained on with its own prediction
/// as the label (equation 15), with a weight that warms up.
/// </summary>
public sealed class SelfTraining : IAdaptationMethod
{
    /// <inheritdoc/>
    public string Name => "self-training";

    /// <inheritdoc/>
    public string Summary => "confident predictions serve as labels";

    /// <inheritdoc/>
    public IReadOnlyList<Phase> Plan(TransferOptions options, IReadOnlyList<string> stages) => AdaptationPhases.One(Name, options, stages);

    /// <inheritdoc/>
    public ITrainingObjective Create(AdaptationContext context) =>
        new AdaptationObjective(null, new WeightedLoss(new Term(context.Confidence), context.Weight));

    private sealed class Term(double confidence) : TargetTerm
    {
        public override string Name => "self-training";

        protected override Tensor Compute(LossContext context, StreamPass target)
        {
            var (probabilities, labels) = target.Logits.detach().softmax(1).max(1);
            var counts = probabilities.IsAtLeast(confidence).to(ScalarType.Float32);
            var losses = nn.functional.cross_entropy(target.Logits, labels, reduction: nn.Reduction.None);
            return (losses * counts).sum().Over(target.GlobalCount).Times(GradientReversal.WarmUp(context.Progress));
        }
    }
}
