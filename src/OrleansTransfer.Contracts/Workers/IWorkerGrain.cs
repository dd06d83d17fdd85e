using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Contracts.Workers;

/// <summary>What a worker needs to take its place in a group.</summary>
/// <param name="Experiment">Id of the experiment.</param>
/// <param name="Generation">Number of the group's present membership.</param>
/// <param name="Rank">This worker's place.</param>
/// <param name="Group">All workers in rank order. Workers of one node have consecutive ranks.</param>
/// <param name="Recipe">The resolved recipe.</param>
/// <param name="WeightsSha256">Pretrained weights in the container, or null.</param>
/// <param name="Attempt">Start of the run this belongs to, from 1; names its checkpoints.</param>
/// <param name="Resume">The checkpoint to start from, or null to start afresh.</param>
/// <param name="Neighbours">CPU devices of the worker's machine, over all nodes on it: its cores are divided among them.</param>
[GenerateSerializer, Immutable, Alias("orleanstransfer.assignment")]
public sealed record WorkerAssignment(
    [property: Id(0)] string Experiment,
    [property: Id(1)] int Generation,
    [property: Id(2)] int Rank,
    [property: Id(3)] IReadOnlyList<WorkerAddress> Group,
    [property: Id(4)] Recipe Recipe,
    [property: Id(5)] string? WeightsSha256,
    [property: Id(6)] int Attempt,
    [property: Id(7)] CheckpointReference? Resume,
    [property: Id(8)] int Neighbours);

/// <summary>The checkpoint every rank of a group starts from: chosen once, so that all choose the same.</summary>
/// <param name="Step">Global step at which it was taken.</param>
/// <param name="Attempt">Name of the attempt that wrote it.</param>
[GenerateSerializer, Immutable, Alias("orleanstransfer.checkpoint-reference")]
public sealed record CheckpointReference([property: Id(0)] long Step, [property: Id(1)] string Attempt);

/// <summary>
/// The owner of one device, keyed by <see cref="WorkerAddress.ToString"/> and pinned to that node. It computes on a thread of its own; no call here waits for
/// compute.
/// </summary>
[Alias("orleanstransfer.IWorkerGrain")]
public interface IWorkerGrain : IGrainWithStringKey
{
    /// <summary>Takes a place in a group; progress and the end come to the experiment as reports.</summary>
    /// <exception cref="InvalidOperationException">The device is busy with another group.</exception>
    [Alias("Start")]
    Task Start(WorkerAssignment assignment);

    /// <summary>Leaves the group of this generation (or an older one) and stops computing for it.</summary>
    [Alias("Stop")]
    Task Stop(string experiment, int generation, string reason);
}
