using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>Cross-entropy in the phase on the source, one term on the target in the other.</summary>
internal sealed class SourceFreeObjective(WeightedLoss target) : ITrainingObjective
{
    private readonly IReadOnlyList<WeightedLoss> _source = [new(new CrossEntropyLoss())], _target = [target];

    /// <inheritdoc/>
    public IReadOnlyList<WeightedLoss> Terms(Phase phase) => phase.Name == AdaptationPhases.Source ? _source : _target;
}
