using OrleansTransfer.Learning.Evaluation;

namespace OrleansTransfer.Learning.Training;

/// <summary>What one optimizer step did; values are those of the global batch and equal on every rank.</summary>
/// <param name="Position">Where the run stands after the step.</param>
/// <param name="Phase">Name of the current phase.</param>
/// <param name="Loss">Mean loss over the global batch, before the update.</param>
/// <param name="LearningRate">The head's rate in this step.</param>
/// <param name="GradientNorm">L2 norm of the mean gradient of all trainable parameters.</param>
/// <param name="Samples">Samples in the global batch.</param>
/// <param name="Timings">Where this replica's time went.</param>
public sealed record StepReport(
    TrainingPosition Position, string Phase, double Loss, double LearningRate, double GradientNorm, int Samples, StepTimings Timings);

/// <summary>Seconds of one step on one replica, by what they were spent on.</summary>
public readonly record struct StepTimings(double Data, double Forward, double Backward, double Exchange, double Update)
{
    /// <summary>
    /// Seconds that exchanges were under way; <see cref="Exchange"/> is the part of them that the replica waited for, the rest is hidden behind its
    /// backward pass.
    /// </summary>
    public double Exchanging { get; init; }

    /// <summary>The whole step, in seconds.</summary>
    public double Total => Data + Forward + Backward + Exchange + Update;
}

/// <summary>How the model stands at the end of an epoch; equal on every rank.</summary>
/// <param name="Epoch">The epoch that ended, from 0.</param>
/// <param name="Position">Where the run stands: the start of the next epoch.</param>
/// <param name="TrainingLoss">Mean of the epoch's step losses, weighted by samples.</param>
/// <param name="Validation">Metrics on the validation samples; null without such.</param>
public sealed record EpochReport(int Epoch, TrainingPosition Position, double TrainingLoss, ClassificationReport? Validation)
{
    /// <summary>How the model stands towards the target domain; null where there is none.</summary>
    public TargetEpoch? Target { get; init; }
}

/// <summary>Hears of a run's progress on the replica's training thread; what it does there costs training time.</summary>
public interface ITrainingObserver
{
    /// <summary>After each optimizer step, on every rank.</summary>
    void OnStep(StepReport report);

    /// <summary>After the evaluation that closes an epoch, on every rank.</summary>
    void OnEpoch(EpochReport report);

    /// <summary>
    /// In each step, before its exchange: whether this rank asks the group to pause once the step is done. One rank that asks is enough.
    /// </summary>
    bool WantsPause => false;

    /// <summary>
    /// After each step and each epoch: whether the loop should capture the replica now. Must give the same answer on every rank only if capturing
    /// needs the group, which it does not; usually rank 0 alone says yes.
    /// </summary>
    bool WantsCheckpoint(TrainingPosition position, bool endOfEpoch);

    /// <summary>Receives what <see cref="WantsCheckpoint"/> asked for. The capture is a private copy; whoever receives it disposes it.</summary>
    void OnCheckpoint(ReplicaCheckpoint checkpoint);
}
