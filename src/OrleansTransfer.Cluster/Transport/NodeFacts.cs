using OrleansTransfer.Cluster.Hosting;

namespace OrleansTransfer.Cluster.Transport;

/// <summary>What a node says of itself to another one that does not belong to its cluster yet.</summary>
/// <param name="ClusterId">Name of its cluster.</param>
/// <param name="Version">Version of its program.</param>
/// <param name="Protocol">What it speaks: see <see cref="ClusterVersion.Protocol"/>.</param>
public sealed record NodeFacts(string ClusterId, string Version, int Protocol)
{
    /// <summary>Those of a node of this program.</summary>
    public static NodeFacts Own(string clusterId) => new(clusterId, ClusterVersion.Current, ClusterVersion.Protocol);
}
