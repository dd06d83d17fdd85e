using OrleansTransfer.Contracts.Workers;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>Positions as messages carry them, and as the training loop has them.</summary>
public static class WorkerPositions
{
    /// <summary>For a message.</summary>
    public static ReplicaPosition Of(TrainingPosition position) => new(position.Epoch, position.Step, position.GlobalStep);

    /// <summary>For the training loop.</summary>
    public static TrainingPosition Of(ReplicaPosition position) => new(position.Epoch, position.Step, position.GlobalStep);
}
