using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>
/// FixMatch (Sohn and others, arXiv 2001.07685) with the target as its unlabelled set: a confident prediction on a weakly varied sample is the label of the
/// same sample, strongly varied (equation 4).
/// </summary>
public sealed class ConsistencyTraining : IAdaptationMethod
{
    /// <inheritdoc/>
    public string Name => "fixmatch";

    /// <inheritdoc/>
    public string Summary => "a confident prediction is the label of the same sample, strongly varied";

    /// <inheritdoc/>
    public bool ReadsStrongTarget => true;

    /// <inheritdoc/>
    public IReadOnlyList<Phase> Plan(TransferOptions options, IReadOnlyList<string> stages) => AdaptationPhases.One(Name, options, stages);

    /// <inheritdoc/>
    public ITrainingObjective Create(AdaptationContext context) =>
        new AdaptationObjective(null, new WeightedLoss(new Term(context.Confidence), context.Weight));

    private sealed class Term(double confidence) : ILossTerm
    {
        public string Name => "fixmatch";

        public IReadOnlyList<string> Streams { get; } = [TrainingData.Target, TrainingData.TargetStrong];

        public Tensor Compute(LossContext context)
        {
            var (weak, strong) = (context[TrainingData.Target], context[TrainingData.TargetStrong]);
            var (probabilities, labels) = weak.Logits.detach().softmax(1).max(1);
            var counts = probabilities.IsAtLeast(confidence).to(ScalarType.Float32);
            var losses = nn.functional.cross_entropy(strong.Logits, labels, reduction: nn.Reduction.None);
            return (losses * counts).sum().Over(strong.GlobalCount);
        }
    }
}
