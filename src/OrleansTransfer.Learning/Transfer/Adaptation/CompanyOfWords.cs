using OrleansTransfer.Learning.Evaluation;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Text;
using OrleansTransfer.Learning.Training;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>
/// Evidence of words, source-free, for texts: after training on the source, BatchNorm layers take the target's statistics for an epoch
/// (<see cref="AdaptiveBatchNorm"/>); then words and pairs of words of the target's texts get weights by the company they keep, and texts are judged by
/// those too (<see cref="WordEvidence"/>). Each step has an epoch of its own, so that a run's history tells what it brings.
/// </summary>
public sealed class CompanyOfWords : IAdaptationMethod
{
    private const string Statistics = "statistics";

    /// <inheritdoc/>
    public string Name => "word-evidence";

    /// <inheritdoc/>
    public string Summary => "source-free, for texts: words of the target count by the company they keep";

    /// <inheritdoc/>
    public bool KnowsWords => true;

    /// <inheritdoc/>
    public IReadOnlyList<Phase> Plan(TransferOptions options, IReadOnlyList<string> stages)
    {
        if (options.Epochs < 3)
            throw new LearningException($"{Name} needs at least 3 epochs, one for each of its steps; the recipe has {options.Epochs}.");
        var source = AdaptationPhases.One(AdaptationPhases.Source, options with { Epochs = options.Epochs - 2 }, stages)[0];
        return
        [
            source,
            source with { Name = Statistics, Epochs = 1, Scope = TrainableScope.Statistics },
            source with { Name = Name, Epochs = 1, Scope = TrainableScope.None, TrainableStages = [] },
        ];
    }

    /// <inheritdoc/>
    /// <exception cref="LearningException">The context is not one of texts.</exception>
    public ITrainingObjective Create(AdaptationContext context) => new Objective(
        context.Texts ?? throw new LearningException($"{Name} is for texts whose network is made of word vectors."));

    private sealed class Objective(TargetTexts texts) : ITrainingObjective
    {
        private readonly IReadOnlyList<WeightedLoss> _source = [new(new CrossEntropyLoss())], _target = [new(new ForwardTerm())];

        public IReadOnlyList<WeightedLoss> Terms(Phase phase) => phase.Name == AdaptationPhases.Source ? _source : _target;

        public bool LooksAtTarget(Phase phase) => phase.Scope == TrainableScope.None;

        // From the features, which know nothing of evidence: an epoch may begin twice.
        public void BeginEpoch(Phase phase, SampleOutputs target, double progress) => texts.Model.TakeEvidence(texts.Ids, target.Features);
    }
}
