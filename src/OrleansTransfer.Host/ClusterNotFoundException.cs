namespace OrleansTransfer.Host;

/// <summary>A node could not start because what leads to its cluster, its first node or its Redis server, cannot be reached.</summary>
public sealed class ClusterNotFoundException(string message, Exception? inner = null) : NodeStartException(message, inner);
