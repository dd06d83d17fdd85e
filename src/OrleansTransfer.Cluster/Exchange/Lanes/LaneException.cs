namespace OrleansTransfer.Cluster.Exchange.Lanes;

/// <summary>A lane cannot be opened or used. The message completes a sentence that begins with the other node.</summary>
public sealed class LaneException(string message, Exception? inner = null) : Exception(message, inner);
