using OrleansTransfer.Learning.Evaluation;

namespace OrleansTransfer.Learning.Training;

/// <summary>How a run ended; the same on every rank.</summary>
/// <param name="Position">Where it stands: behind the last epoch.</param>
/// <param name="Validation">The last epoch's metrics.</param>
public sealed record TrainingResult(TrainingPosition Position, ClassificationReport Validation);
