using System.Reflection;

namespace OrleansTransfer.Cluster.Hosting;

/// <summary>The version of this software: nodes of one cluster must run the same, or their replicas could differ.</summary>
public static class ClusterVersion
{
    /// <summary>Of this process, for instance <c>1.0.0+3f2a91c</c>.</summary>
    public static string Current { get; } =
        typeof(ClusterVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
