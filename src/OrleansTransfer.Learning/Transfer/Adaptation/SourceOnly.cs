using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>No adaptation: fine-tuning on the source alone, judged on the target. What every other method is to be compared with.</summary>
public sealed class SourceOnly : IAdaptationMethod
{
    /// <inheritdoc/>
    public string Name => "source-only";

    /// <inheritdoc/>
    public string Summary => "no adaptation: the baseline to compare with";

    /// <inheritdoc/>
    public IReadOnlyList<Phase> Plan(TransferOptions options, IReadOnlyList<string> stages) => AdaptationPhases.One(Name, options, stages);

    /// <inheritdoc/>
    public ITrainingObjective Create(AdaptationContext context) => new SupervisedObjective();
}
