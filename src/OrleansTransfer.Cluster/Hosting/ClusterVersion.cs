using System.Reflection;

namespace OrleansTransfer.Cluster.Hosting;

/// <summary>
/// The version of this software and of what its nodes say to each other. Nodes of one cluster speak one protocol; the workers of one experiment run
/// one version, or their replicas could differ.
/// </summary>
public static class ClusterVersion
{
    /// <summary>Of this process, for instance <c>1.0.0+3f2a91c</c>.</summary>
    public static string Current { get; } =
        typeof(ClusterVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>
    /// Number of the protocol. It rises when a build no longer understands the messages or the stored state of those before, which a test holds
    /// against a stored manifest.
    /// </summary>
    public static int Protocol => 1;

    /// <summary>Why a node may not be in a cluster of this process's protocol, in words; null where it may.</summary>
    /// <param name="version">Version of the node.</param>
    /// <param name="protocol">Protocol of the node; 0 for versions that had none.</param>
    public static string? Refusal(string version, int protocol) => protocol == Protocol ? null : Contrast((version, protocol), (Current, Protocol));

    /// <summary>Why this process may not be in a cluster, in words; null where it may.</summary>
    /// <param name="version">Version of the cluster's nodes.</param>
    /// <param name="protocol">Their protocol.</param>
    public static string? RefusalBy(string version, int protocol) => protocol == Protocol ? null : Contrast((Current, Protocol), (version, protocol));

    private static string Contrast((string Version, int Protocol) node, (string Version, int Protocol) cluster) =>
        $"it is of version {node.Version}, which speaks protocol {node.Protocol}, and the cluster's nodes are of version {cluster.Version}, which" +
        $" speaks protocol {cluster.Protocol}. Stop all nodes and start them with one version, or give this one another --cluster-id";
}
