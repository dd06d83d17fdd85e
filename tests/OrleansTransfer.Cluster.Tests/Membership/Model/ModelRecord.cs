using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Tests.Membership.Model;

/// <summary>What an experiment is at.</summary>
internal enum ModelState
{
    Queued,
    Starting,
    Running,
    Completed,
    Failed,
}

/// <summary>What is stored of a run: all that a coordinator knows that takes it over.</summary>
internal sealed record ModelRecord(int Attempt, int Generation, IReadOnlyList<WorkerAddress> Workers, ModelState State, ModelCoordinator? Owner)
{
    public string? Reason { get; init; }
}

internal static class ModelStates
{
    public static bool IsFinal(this ModelState state) => state is ModelState.Completed or ModelState.Failed;
}
