using Microsoft.Extensions.DependencyInjection;

namespace OrleansTransfer.Cluster.Hosting;

/// <summary>Registration of the cluster's services.</summary>
public static class ClusterServices
{
    /// <summary>Adds the experiments, workers and scheduling of a node to its silo.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="identity">Who the node is and what it offers.</param>
    public static ISiloBuilder AddOrleansTransferCluster(this ISiloBuilder builder, NodeIdentity identity)
    {
        builder.Services.AddSingleton(identity);
        return builder;
    }
}
