using OrleansTransfer.Learning.Evaluation;

namespace OrleansTransfer.Learning.Training;

/// <summary>How a run ended; the same on every rank.</summary>
/// <param name="Position">Where it stands: behind the last epoch.</param>
/// <param name="Validation">Metrics of the weights that the run ends with; null without validation samples.</param>
public sealed record TrainingResult(TrainingPosition Position, ClassificationReport? Validation)
{
    /// <summary>What is known of the target domain; null where there is none.</summary>
    public TargetOutcome? Target { get; init; }
}
