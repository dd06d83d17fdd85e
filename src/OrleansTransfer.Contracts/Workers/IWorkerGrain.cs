using Orleans.Concurrency;
using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Contracts.Workers;

/// <summary>What a worker needs to prepare a replica.</summary>
/// <param name="Experiment">Id of the experiment.</param>
/// <param name="Attempt">Start of the run this belongs to, from 1.</param>
/// <param name="Recipe">The resolved recipe.</param>
/// <param name="WeightsSha256">Pretrained weights in the container, or null.</param>
/// <param name="Resume">The checkpoint to start from, or null to start afresh.</param>
/// <param name="Joins">Whether the run is under way: the replica's state then comes from another worker.</param>
/// <param name="Neighbours">CPU devices of the worker's machine, over all nodes on it: its cores are divided among them.</param>
[GenerateSerializer, Immutable, Alias("orleanstransfer.assignment")]
public sealed record WorkerAssignment(
    [property: Id(0)] string Experiment,
    [property: Id(1)] int Attempt,
    [property: Id(2)] Recipe Recipe,
    [property: Id(3)] string? WeightsSha256,
    [property: Id(4)] CheckpointReference? Resume,
    [property: Id(5)] bool Joins,
    [property: Id(6)] int Neighbours);

/// <summary>The checkpoint every rank of a group starts from: chosen once, so that all choose the same.</summary>
/// <param name="Step">Global step at which it was taken.</param>
/// <param name="Attempt">Name that its writer gave it.</param>
[GenerateSerializer, Immutable, Alias("orleanstransfer.checkpoint-reference")]
public sealed record CheckpointReference([property: Id(0)] long Step, [property: Id(1)] string Attempt);

/// <summary>A worker's place in one generation of its group.</summary>
/// <param name="Experiment">Id of the experiment.</param>
/// <param name="Generation">Number of the group's membership.</param>
/// <param name="Rank">This worker's place.</param>
/// <param name="Group">All workers in rank order. Workers of one node have consecutive ranks.</param>
/// <param name="From">Where all replicas start from.</param>
/// <param name="Source">Worker whose replica stands there and is handed to those that do not; null when all do.</param>
/// <param name="ReportedStep">Last step that the experiment has heard of: rank 0 reports what followed.</param>
/// <param name="ReportedEpoch">Epochs that it has heard of.</param>
[GenerateSerializer, Immutable, Alias("orleanstransfer.group-order")]
public sealed record GroupOrder(
    [property: Id(0)] string Experiment,
    [property: Id(1)] int Generation,
    [property: Id(2)] int Rank,
    [property: Id(3)] IReadOnlyList<WorkerAddress> Group,
    [property: Id(4)] ReplicaPosition From,
    [property: Id(5)] WorkerAddress? Source,
    [property: Id(6)] long ReportedStep,
    [property: Id(7)] int ReportedEpoch);

/// <summary>
/// The owner of one device, keyed by <see cref="WorkerAddress.ToString"/> and pinned to that node. It computes on a thread of its own; no call here
/// waits for compute, save <see cref="Prepare"/> for an earlier run to leave the device. Progress comes to the experiment as reports.
/// </summary>
[Alias("orleanstransfer.IWorkerGrain")]
public interface IWorkerGrain : IGrainWithStringKey
{
    /// <summary>Takes the device for an experiment and builds a replica there; reports <see cref="WorkerPhase.Ready"/> when that is done.</summary>
    /// <exception cref="InvalidOperationException">The device is busy with another experiment.</exception>
    [Alias("Prepare")]
    Task Prepare(WorkerAssignment assignment);

    /// <summary>Takes a place in a generation of the group and trains on from there. Older generations, and ones given up, are ignored.</summary>
    /// <exception cref="InvalidOperationException">The worker does not train this experiment; so for the calls that follow.</exception>
    [Alias("Open"), AlwaysInterleave]
    Task Open(GroupOrder order);

    /// <summary>Asks the group of this generation to pause at the next step boundary.</summary>
    [Alias("Pause"), AlwaysInterleave]
    Task Pause(string experiment, int generation);

    /// <summary>Gives this generation and older ones up, with the step in flight; the replica stays.</summary>
    [Alias("Halt"), AlwaysInterleave]
    Task Halt(string experiment, int generation, string reason);

    /// <summary>Stores the replica, which is at rest, as a checkpoint named by this generation.</summary>
    [Alias("Save"), AlwaysInterleave]
    Task Save(string experiment, int generation);

    /// <summary>Leaves the experiment and frees the device.</summary>
    [Alias("Stop"), AlwaysInterleave]
    Task Stop(string experiment, int attempt, string reason);

    /// <summary>What the replica that this worker hands over in a generation consists of. Waits until it is ready.</summary>
    /// <exception cref="InvalidOperationException">The worker hands nothing over.</exception>
    [Alias("DescribeState"), AlwaysInterleave]
    Task<ReplicaState> DescribeState(string experiment, int generation);

    /// <summary>Bytes of that replica's state.</summary>
    /// <exception cref="InvalidOperationException">The worker hands nothing over, or no longer.</exception>
    [Alias("ReadState"), AlwaysInterleave]
    Task<byte[]> ReadState(string experiment, int generation, long offset, int count);
}
