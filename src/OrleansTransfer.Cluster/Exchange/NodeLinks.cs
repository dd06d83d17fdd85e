namespace OrleansTransfer.Cluster.Exchange;

/// <summary>The other nodes of a group, as the exchange sees them: an index each, and a way to hand over a segment.</summary>
public interface INodeLinks
{
    /// <summary>Index of this node within the group.</summary>
    int Self { get; }

    /// <summary>Number of nodes in the group.</summary>
    int Count { get; }

    /// <summary>Name of a node, for messages.</summary>
    string NameOf(int node);

    /// <summary>Hands a segment to another node; completes when that node has used it.</summary>
    Task DeliverAsync(int node, GradientSegment segment);
}

/// <summary>Reaches the other nodes through the grain of each node's first worker.</summary>
/// <param name="grains">Where the grains are found.</param>
/// <param name="nodes">Node name and first worker's key, in rank order.</param>
/// <param name="self">Index of this node.</param>
public sealed class GrainLinks(IGrainFactory grains, IReadOnlyList<(string Node, string Worker)> nodes, int self) : INodeLinks
{
    private readonly IGradientInbox[] _inboxes = [.. nodes.Select(node => grains.GetGrain<IGradientInbox>(node.Worker))];

    /// <inheritdoc/>
    public int Self => self;

    /// <inheritdoc/>
    public int Count => nodes.Count;

    /// <inheritdoc/>
    public string NameOf(int node) => nodes[node].Node;

    /// <inheritdoc/>
    public Task DeliverAsync(int node, GradientSegment segment) => _inboxes[node].Deliver(segment);
}
