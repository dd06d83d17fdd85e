using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>Puts a grain on the node that its key names: a worker lives where its device is.</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("orleanstransfer.node-pinned-placement")]
public sealed class NodePinnedPlacement : PlacementStrategy;

/// <summary>Marks grains whose key is a <see cref="WorkerAddress"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NodePinnedAttribute() : PlacementAttribute(new NodePinnedPlacement());

/// <summary>Finds the silo of a node by its name in the membership.</summary>
public sealed class NodePinnedDirector(IClusterMembershipService membership) : IPlacementDirector
{
    /// <inheritdoc/>
    /// <exception cref="OrleansException">No active node has the name.</exception>
    public async Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var address = WorkerAddress.Parse(target.GrainIdentity.Key.ToString()!);
        if (Find(address.Node) is { } known) return known;

        // A node that has just joined may be known to the scheduler's silo and not yet to this one.
        await membership.Refresh();
        return Find(address.Node)
            ?? throw new OrleansException($"Worker {address} cannot be reached: no active node is called {address.Node}.");
    }

    private SiloAddress? Find(string node) => membership.CurrentSnapshot.Members.Values
        .FirstOrDefault(member => member.Status == SiloStatus.Active && string.Equals(member.Name, node, StringComparison.Ordinal))?.SiloAddress;
}
