namespace OrleansTransfer.Cluster.Hosting;

/// <summary>Names that grains and the composition root agree on.</summary>
public static class ClusterStorage
{
    /// <summary>Name of the grain storage over the blob container.</summary>
    public const string Name = "blobs";
}
