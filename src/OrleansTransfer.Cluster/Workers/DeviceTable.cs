using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Contracts.Scheduling;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>This node's devices and what each is doing. One per silo.</summary>
public sealed class DeviceTable(NodeIdentity identity)
{
    private readonly object _gate = new();
    private readonly Dictionary<string, string?> _experiments =
        identity.Devices.ToDictionary(device => device, _ => (string?)null, StringComparer.Ordinal);

    /// <summary>Takes a device for an experiment.</summary>
    /// <exception cref="InvalidOperationException">This node has no such device, or it is busy.</exception>
    public void Occupy(string device, string experiment)
    {
        lock (_gate)
        {
            if (!_experiments.TryGetValue(device, out var holder))
                throw new InvalidOperationException($"Node {identity.Name} has no device {device}.");
            if (holder is not null) throw new InvalidOperationException($"Device {device} of node {identity.Name} is busy with {holder}.");
            _experiments[device] = experiment;
        }
    }

    /// <summary>Frees a device.</summary>
    public void Free(string device)
    {
        lock (_gate) _experiments[device] = null;
    }

    /// <summary>All devices now.</summary>
    public IReadOnlyList<DeviceStatus> Status()
    {
        lock (_gate) return [.. identity.Devices.Select(device => new DeviceStatus(device, _experiments[device]))];
    }
}
