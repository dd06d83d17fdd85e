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
[GenerateSerializer, Immutable, Alias("orleanstransfer.node-status")]
public sealed record NodeStatus(
    [property: Id(0)] string Name,
    [property: Id(1)] string Silo,
    [property: Id(2)] string Http,
    [property: Id(3)] IReadOnlyList<DeviceStatus> Devices,
    [property: Id(4)] string Machine);

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

    /// <summary>From each node, about once a second: what it offers and what its devices are doing. A node that falls silent is forgotten.</summary>
    [Alias("Offer")]
    Task Offer(NodeStatus node);

    /// <summary>From a node that shuts down: its devices are gone.</summary>
    [Alias("Withdraw")]
    Task Withdraw(string node);

    /// <summary>
    /// Asks for devices. They come with <see cref="Experiments.IExperimentGrain.Granted"/>; asking again while waiting changes nothing. Returns why the
    /// experiment waits, or null when the grant is on its way.
    /// </summary>
    [Alias("Request")]
    Task<string?> Request(string experiment, int workers, string device, int priority);

    /// <summary>Gives the devices back, or leaves the queue.</summary>
    [Alias("Release")]
    Task Release(string experiment);

    /// <summary>The cluster now.</summary>
    [Alias("GetStatus"), AlwaysInterleave]
    Task<ClusterStatus> GetStatus();
}
