using Orleans.Concurrency;
using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Contracts.Scheduling;

/// <summary>A device as the scheduler sees it.</summary>
/// <param name="Name">For instance <c>cpu:0</c>.</param>
/// <param name="Experiment">Who has it, or null.</param>
[GenerateSerializer, Immutable, Alias("orleanstransfer.device-status")]
public sealed record DeviceStatus([property: Id(0)] string Name, [property: Id(1)] string? Experiment);

/// <summary>A node as the scheduler sees it.</summary>
/// <param name="Name">Name of the node.</param>
/// <param name="Silo">Address of its silo.</param>
/// <param name="Http">Address of its HTTP API.</param>
/// <param name="Machine">Host name: nodes of one machine share its cores.</param>
/// <param name="Version">Version of the software it runs: the workers of one experiment run the same.</param>
/// <param name="Incarnation">Tells its process from others that had its name before.</param>
[GenerateSerializer, Immutable, Alias("orleanstransfer.node-status")]
public sealed record NodeStatus(
    [property: Id(0)] string Name,
    [property: Id(1)] string Silo,
    [property: Id(2)] string Http,
    [property: Id(3)] IReadOnlyList<DeviceStatus> Devices,
    [property: Id(4)] string Machine,
    [property: Id(5)] string Version,
    [property: Id(6)] string Incarnation)
{
    /// <summary>What it speaks to other nodes: those of one cluster speak the same.</summary>
    [Id(7)] public int Protocol { get; init; }
}

/// <summary>What an experiment asks for.</summary>
/// <param name="Workers">Devices it wants.</param>
/// <param name="Least">Devices it can do with when the cluster has no more.</param>
/// <param name="Device"><c>auto</c> (one kind, whichever fits), <c>cpu</c> or <c>cuda</c>.</param>
/// <param name="Avoid">Nodes it does not want, by name or by <see cref="NodeStatus.Incarnation"/>.</param>
[GenerateSerializer, Immutable, Alias("orleanstransfer.gang-request")]
public sealed record GangRequest(
    [property: Id(0)] int Workers, [property: Id(1)] int Least, [property: Id(2)] string Device, [property: Id(3)] IReadOnlyList<string> Avoid);

/// <summary>An experiment that waits.</summary>
/// <param name="Reason">What it waits for, in words.</param>
[GenerateSerializer, Immutable, Alias("orleanstransfer.queue-entry")]
public sealed record QueueEntry(
    [property: Id(0)] string Experiment,
    [property: Id(1)] int Workers,
    [property: Id(2)] int Priority,
    [property: Id(3)] DateTimeOffset Since,
    [property: Id(4)] string Reason);

/// <summary>The cluster at a moment.</summary>
[GenerateSerializer, Immutable, Alias("orleanstransfer.cluster-status")]
public sealed record ClusterStatus([property: Id(0)] IReadOnlyList<NodeStatus> Nodes, [property: Id(1)] IReadOnlyList<QueueEntry> Queue);

/// <summary>Gives each experiment a gang of devices, all or nothing, or lets it wait and says why. One per cluster, key <see cref="Key"/>.</summary>
[Alias("orleanstransfer.ISchedulerGrain")]
public interface ISchedulerGrain : IGrainWithStringKey
{
    /// <summary>The key of the one scheduler.</summary>
    const string Key = "scheduler";

    /// <summary>
    /// From each node, about once a second: what it offers and what its devices are doing. A node that falls silent is forgotten. Returns why the offer
    /// is refused, in words, or null.
    /// </summary>
    [Alias("Offer")]
    Task<string?> Offer(NodeStatus node);

    /// <summary>From a node that shuts down: its devices are gone.</summary>
    [Alias("Withdraw")]
    Task Withdraw(string node);

    /// <summary>
    /// Asks for devices. They come with <see cref="Experiments.IExperimentGrain.Granted"/>; asking again while waiting changes nothing. Returns why the
    /// experiment waits, or null when the grant is on its way.
    /// </summary>
    [Alias("Request")]
    Task<string?> Request(string experiment, GangRequest request, int priority);

    /// <summary>
    /// Asks for as many devices more as there are, up to <see cref="GangRequest.Workers"/>, for an experiment that runs; they come with
    /// <see cref="Experiments.IExperimentGrain.Granted"/>. Experiments that wait go first.
    /// </summary>
    [Alias("RequestMore")]
    Task RequestMore(string experiment, GangRequest request, int priority);

    /// <summary>Gives the devices back, or leaves the queue.</summary>
    [Alias("Release")]
    Task Release(string experiment);

    /// <summary>Gives some of the devices back.</summary>
    [Alias("ReleaseSome")]
    Task ReleaseSome(string experiment, IReadOnlyList<WorkerAddress> workers);

    /// <summary>The cluster now.</summary>
    [Alias("GetStatus"), AlwaysInterleave]
    Task<ClusterStatus> GetStatus();
}
