namespace OrleansTransfer.Host;

/// <summary>What a node is for.</summary>
public enum NodeRole
{
    /// <summary>Trains and coordinates as a member of the cluster, and serves the HTTP API.</summary>
    Both,

    /// <summary>Trains and coordinates as a member of the cluster; over HTTP it serves health and metrics only.</summary>
    Worker,

    /// <summary>Serves the HTTP API as a client of the cluster: it may come and go without any run noticing.</summary>
    Gateway,
}
