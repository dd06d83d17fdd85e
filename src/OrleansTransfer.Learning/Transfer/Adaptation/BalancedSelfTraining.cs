using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Evaluation;
using OrleansTransfer.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>
/// CBST (Zou and others, arXiv 1810.07911): self-training whose thresholds belong to classes, so that easy classes do not crowd out the others: of the
/// samples predicted as a class, the same share of each is taken (equations 6 and 7), 20 % in the first epoch and more in every one, up to 80 %.
/// </summary>
public sealed class BalancedSelfTraining : IAdaptationMethod
{
    private const double FirstPortion = 0.2, LastPortion = 0.8;

    /// <inheritdoc/>
    public string Name => "cbst";

    /// <inheritdoc/>
    public string Summary => "the most confident predictions of each class serve as labels";

    /// <inheritdoc/>
    public IReadOnlyList<Phase> Plan(TransferOptions options, IReadOnlyList<string> stages) => AdaptationPhases.One(Name, options, stages);

    /// <inheritdoc/>
    public ITrainingObjective Create(AdaptationContext context) => new Objective(context);

    private sealed class Objective : ITrainingObjective
    {
        private readonly ClassThresholds _thresholds;
        private readonly IReadOnlyList<WeightedLoss> _terms;

        public Objective(AdaptationContext context)
        {
            _thresholds = new(context.Classes);
            _terms = [new(new CrossEntropyLoss()), new(new Term(_thresholds), context.Weight)];
        }

        public nn.Module Companion => _thresholds;

        public IReadOnlyList<WeightedLoss> Terms(Phase phase) => _terms;

        public bool LooksAtTarget(Phase phase) => true;

        public void BeginEpoch(Phase phase, SampleOutputs target, double progress) =>
            _thresholds.Set(target, FirstPortion + (LastPortion - FirstPortion) * progress);
    }

    /// <summary>The probability that a prediction must reach, by class.</summary>
    private sealed class ClassThresholds : nn.Module
    {
        // Each asking makes a handle of its own; the first asking comes when the module is on its device.
        private Tensor? _values;

        public ClassThresholds(int classes) : base(nameof(ClassThresholds)) => register_buffer("thresholds", ones(classes));

        public Tensor Values => _values ??= get_buffer("thresholds")!;

        public void Set(SampleOutputs target, double portion)
        {
            var (predictions, probabilities) = (target.Predictions, target.Probabilities);
            var thresholds = new float[target.Classes];
            for (var k = 0; k < thresholds.Length; k++)
            {
                var confidences = predictions.Index().Where(sample => sample.Item == k).Select(sample => probabilities[sample.Index][k])
                    .OrderDescending().ToArray();
                thresholds[k] = (float)Threshold(confidences, Math.Max(1, (int)(portion * confidences.Length)));
            }
            using var noGrad = no_grad();
            using var values = tensor(thresholds);
            Values.copy_(values);
        }
    }

    // Between the last sample that is taken and the first that is not, so that rounding does not decide on either.
    private static double Threshold(double[] descending, int taken) =>
        descending.Length == 0 ? 1 : taken < descending.Length ? (descending[taken - 1] + descending[taken]) / 2 : descending[^1] / 2;

    private sealed class Term(ClassThresholds thresholds) : TargetTerm
    {
        public override string Name => "cbst";

        protected override Tensor Compute(LossContext context, StreamPass target)
        {
            var (probabilities, labels) = target.Logits.detach().softmax(1).max(1);
            var counts = (probabilities >= thresholds.Values.index_select(0, labels)).to(ScalarType.Float32);
            var losses = nn.functional.cross_entropy(target.Logits, labels, reduction: nn.Reduction.None);
            return (losses * counts).sum().Over(target.GlobalCount).Times(GradientReversal.WarmUp(context.Progress));
        }
    }
}
