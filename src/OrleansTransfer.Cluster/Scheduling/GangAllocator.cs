using OrleansTransfer.Contracts.Scheduling;
using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Scheduling;

/// <summary>What an experiment asks for.</summary>
/// <param name="Workers">Devices, all or nothing.</param>
/// <param name="Device"><c>auto</c> (one kind, whichever fits), <c>cpu</c> or <c>cuda</c>.</param>
public sealed record GangRequest(int Workers, string Device);

/// <summary>Chooses devices for a gang: a pure function of what is free.</summary>
public static class GangAllocator
{
    /// <summary>
    /// Devices of one kind for the request, in rank order with each node's devices together, on as few nodes as possible; or null and why not.
    /// </summary>
    /// <param name="request">What is asked.</param>
    /// <param name="nodes">All nodes; a device with an experiment is taken.</param>
    public static (IReadOnlyList<WorkerAddress>? Workers, string Reason) Allocate(GangRequest request, IReadOnlyList<NodeStatus> nodes)
    {
        string[] kinds = request.Device == "auto" ? ["cuda", "cpu"] : [request.Device];
        foreach (var kind in kinds)
            if (Take(request.Workers, kind, nodes) is { } workers)
                return (workers, $"{workers.Count} {kind} devices on {workers.DistinctBy(worker => worker.Node).Count()} nodes");

        var all = nodes.SelectMany(node => node.Devices).Where(device => kinds.Contains(Kind(device.Name))).ToList();
        var free = all.Count(device => device.Experiment is null);
        var holders = all.Select(device => device.Experiment).OfType<string>().Distinct().Order(StringComparer.Ordinal).ToList();
        var wanted = request.Device == "auto" ? "" : request.Device + " ";
        return (null, all.Count < request.Workers
            ? $"needs {request.Workers} {wanted}devices at once, the cluster has {all.Count}"
            : $"needs {request.Workers} {wanted}devices at once, {free} of {all.Count} are free; the others belong to {string.Join(", ", holders)}");
    }

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
