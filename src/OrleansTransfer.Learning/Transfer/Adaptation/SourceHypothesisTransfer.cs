using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Evaluation;
using OrleansTransfer.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>
/// SHOT (Liang and others, arXiv 2002.08546), source-free: after training on the source, with smoothed labels (equation 1), the head is the hypothesis
/// and stays; the backbone learns from target samples alone to fit it, by information maximisation (equation 4) and pseudo-labels of the nearest class
/// centroid, found anew before each epoch (equations 5 and 6), at a weight of 0.3.
/// </summary>
public sealed class SourceHypothesisTransfer : IAdaptationMethod
{
    private const double PseudoLabelWeight = 0.3, Smoothing = 0.1;

    /// <inheritdoc/>
    public string Name => "shot";

    /// <inheritdoc/>
    public string Summary => "source-free: the backbone learns to fit the source's head on target samples alone";

    /// <inheritdoc/>
    public IReadOnlyList<Phase> Plan(TransferOptions options, IReadOnlyList<string> stages) =>
        AdaptationPhases.SourceFree(Name, options, stages, Math.Max(1, options.Epochs / 2), TrainableScope.Stages);

    /// <inheritdoc/>
    public ITrainingObjective Create(AdaptationContext context) => new Objective(context);

    private sealed class Objective : ITrainingObjective
    {
        private readonly Centroids _centroids;
        private readonly IReadOnlyList<WeightedLoss> _source = [new(new CrossEntropyLoss(smoothing: Smoothing))], _target;

        public Objective(AdaptationContext context)
        {
            _centroids = new(context.Classes, context.FeatureWidth);
            _target = [new(new InformationTerm(), context.Weight), new(new CentroidTerm(_centroids), context.Weight * PseudoLabelWeight)];
        }

        public nn.Module Companion => _centroids;

        public IReadOnlyList<WeightedLoss> Terms(Phase phase) => phase.Name == AdaptationPhases.Source ? _source : _target;

        public bool LooksAtTarget(Phase phase) => phase.Name != AdaptationPhases.Source;

        public void BeginEpoch(Phase phase, SampleOutputs target, double progress) => _centroids.Find(target);
    }

    /// <summary>Mean entropy of predictions less the entropy of their mean.</summary>
    private sealed class InformationTerm : TargetTerm
    {
        public override string Name => "information-maximisation";

        public override bool NeedsWholeBatch => true;

        protected override Tensor Compute(LossContext context, StreamPass target)
        {
            var probabilities = target.Logits.softmax(1);
            var mean = context.Whole.Sum(probabilities.sum([0L])).Over(target.GlobalCount);
            return Entropies.Of(probabilities).sum().Over(target.GlobalCount) - Entropies.Of(mean).Times(context.Whole.Share);
        }
    }

    private sealed class CentroidTerm(Centroids centroids) : TargetTerm
    {
        public override string Name => "pseudo-labels";

        protected override Tensor Compute(LossContext context, StreamPass target) =>
            nn.functional.cross_entropy(target.Logits, centroids.Nearest(target.Features.detach()), reduction: nn.Reduction.Sum)
                .Over(target.GlobalCount);
    }

    /// <summary>Class centroids <c>[K,F]</c> of target features, of unit length; samples belong to the one at the smallest angle.</summary>
    private sealed class Centroids : nn.Module
    {
        public Centroids(int classes, int width) : base(nameof(Centroids)) => register_buffer("centroids", zeros(classes, width));

        // Each asking makes a handle of its own; the first asking comes when the module is on its device.
        private Tensor? _values;

        private Tensor Values => _values ??= get_buffer("centroids")!;

        public Tensor Nearest(Tensor features) => features.matmul(Values.t()).argmax(1);

        public void Find(SampleOutputs target)
        {
            using var noGrad = no_grad();
            using var scope = NewDisposeScope();
            var features = UnitLength(tensor(target.Features.SelectMany(row => row).ToArray()).view(target.Count, -1));
            var soft = tensor(target.Probabilities.SelectMany(row => row).Select(value => (float)value).ToArray()).view(target.Count, -1);
            var first = UnitLength(soft.t().matmul(features)); // equation 5
            var hard = nn.functional.one_hot(features.matmul(first.t()).argmax(1), target.Classes).to(ScalarType.Float32);
            var second = UnitLength(hard.t().matmul(features)); // equation 6
            // A class that no sample is nearest to keeps its first centroid.
            Values.copy_(where(hard.sum([0L]).unsqueeze(1).IsAbove(0), second, first));
        }

        private static Tensor UnitLength(Tensor rows) => rows / rows.norm(1, keepdim: true).AtLeast(1e-12);
    }
}
