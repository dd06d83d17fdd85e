namespace OrleansTransfer.Cluster.Exchange.Lanes;

/// <summary>A lane cannot be opened or used. The message completes a sentence that begins with the other node.</summary>
public sealed class LaneException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The lane, which is not always the one that was called: waiting for one, a thread sends on all. Null if there was none yet.</summary>
    public Lane? Lane { get; init; }
}
