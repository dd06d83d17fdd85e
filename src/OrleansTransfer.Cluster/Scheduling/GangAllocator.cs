using OrleansTransfer.Contracts.Scheduling;
using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Scheduling;

/// <summary>
/// Chooses devices for a gang: a pure function of what is free. While the nodes of a cluster are upgraded one by one there are several versions in
/// it; a gang's nodes are of one, or their replicas could differ.
/// </summary>
public static class GangAllocator
{
    /// <summary>
    /// Devices of one kind for the request, in rank order with each node's devices together, on as few nodes as possible; or null and why not. All that
    /// are wanted; fewer, down to the least, only where the cluster does not have as many, busy or free.
    /// </summary>
    /// <param name="request">What is asked.</param>
    /// <param name="nodes">All nodes; a device with an experiment is taken.</param>
    public static (IReadOnlyList<WorkerAddress>? Workers, string Reason) Allocate(GangRequest request, IReadOnlyList<NodeStatus> nodes)
    {
        var versions = nodes.GroupBy(node => node.Version).ToList();
        if (versions.Count > 1) return AllocateOfOne(request, versions);
        var kinds = KindsOf(request);
        var usable = Usable(request, nodes);
        foreach (var kind in kinds)
            if (Take(request.Workers, kind, usable) is { } workers) return Granted(workers, kind);

        var all = usable.SelectMany(node => node.Devices).Where(device => kinds.Contains(Kind(device.Name))).ToList();
        foreach (var kind in kinds)
        {
            var (free, present) = (all.Count(device => device.Experiment is null && Kind(device.Name) == kind), all.Count(device => Kind(device.Name) == kind));
            if (present < request.Workers && free >= request.Least && Take(free, kind, usable) is { } fewer) return Granted(fewer, kind);
        }

        var idle = all.Count(device => device.Experiment is null);
        var holders = all.Select(device => device.Experiment).OfType<string>().Distinct().Order(StringComparer.Ordinal).ToList();
        var wanted = (request.Device == "auto" ? "" : request.Device + " ") + "devices at once";
        var needs = request.Least < request.Workers && all.Count < request.Workers
            ? $"needs {request.Least} to {request.Workers} {wanted}"
            : $"needs {request.Workers} {wanted}";
        return (null, all.Count < Math.Min(request.Least, request.Workers) || holders.Count == 0
            ? $"{needs}, the cluster has {all.Count}"
            : $"{needs}, {idle} of {all.Count} are free; the others belong to {string.Join(", ", holders)}");
    }

    /// <summary>Free devices for an experiment that runs already, as many as there are up to those wanted; may be none.</summary>
    public static IReadOnlyList<WorkerAddress> Extend(string experiment, GangRequest request, IReadOnlyList<NodeStatus> nodes)
    {
        var versions = nodes.Where(node => node.Devices.Any(device => device.Experiment == experiment)).Select(node => node.Version).ToHashSet();
        var usable = Usable(request, [.. nodes.Where(node => versions.Count == 0 || versions.Contains(node.Version))]);
        foreach (var kind in KindsOf(request))
        {
            var free = usable.Sum(node => FreeDevices(node, kind).Count);
            if (Take(Math.Min(free, request.Workers), kind, usable) is { Count: > 0 } workers) return workers;
        }
        return [];
    }

    // Of the version with the most devices for it, if it fits there; why not is told of that one.
    private static (IReadOnlyList<WorkerAddress>? Workers, string Reason) AllocateOfOne(
        GangRequest request, IEnumerable<IGrouping<string, NodeStatus>> versions)
    {
        var tried = versions
            .OrderByDescending(version => Usable(request, [.. version]).Sum(node => node.Devices.Count))
            .ThenByDescending(version => version.Key, StringComparer.Ordinal)
            .Select(version => (version.Key, Result: Allocate(request, [.. version])))
            .ToList();
        var (best, (_, reason)) = tried[0];
        return tried.Find(version => version.Result.Workers is not null) is { Key: not null } fits
            ? fits.Result
            : (null, $"{reason}; counted are the nodes of version {best}, others are in the cluster too");
    }

    private static (IReadOnlyList<WorkerAddress>? Workers, string Reason) Granted(IReadOnlyList<WorkerAddress> workers, string kind) =>
        (workers, $"{workers.Count} {kind} devices on {workers.DistinctBy(worker => worker.Node).Count()} nodes");

    private static string[] KindsOf(GangRequest request) => request.Device == "auto" ? ["cuda", "cpu"] : [request.Device];

    private static List<NodeStatus> Usable(GangRequest request, IReadOnlyList<NodeStatus> nodes) =>
        [.. nodes.Where(node => !request.Avoid.Contains(node.Name) && !request.Avoid.Contains(node.Incarnation))];

    private static List<WorkerAddress>? Take(int workers, string kind, IReadOnlyList<NodeStatus> nodes)
    {
        var free = nodes
            .Select(node => (node.Name, Devices: FreeDevices(node, kind)))
            .Where(node => node.Devices.Count > 0)
            .OrderByDescending(node => node.Devices.Count).ThenBy(node => node.Name, StringComparer.Ordinal)
            .ToList();
        if (free.Sum(node => node.Devices.Count) < workers) return null;

        // The smallest node that holds the whole gang, or else the largest ones until it is complete.
        var whole = free.LastOrDefault(node => node.Devices.Count >= workers);
        if (whole.Devices is not null) free = [whole];
        return [.. free.SelectMany(node => node.Devices.Select(device => new WorkerAddress(node.Name, device))).Take(workers)];
    }

    private static List<string> FreeDevices(NodeStatus node, string kind) =>
        [.. node.Devices.Where(device => device.Experiment is null && Kind(device.Name) == kind).Select(device => device.Name)];

    private static string Kind(string device) => device.Split(':')[0];
}
