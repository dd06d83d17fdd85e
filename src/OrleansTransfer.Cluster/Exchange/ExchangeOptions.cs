namespace OrleansTransfer.Cluster.Exchange;

/// <summary>How gradients travel between nodes.</summary>
public sealed class ExchangeOptions
{
    /// <summary>
    /// Values in one message; 262,144 (1 MiB) by default. Far below the transport's limit of 100 MB, and small enough that control messages do not
    /// wait long.
    /// </summary>
    public int SegmentLength { get; set; } = 256 * 1024;

    /// <summary>Unanswered messages per peer and direction of the exchange; 2 by default. Bounds the bytes in flight.</summary>
    public int Window { get; set; } = 2;

    /// <summary>
    /// How long a segment may wait for its group to exist on this node; 2 minutes by default. Workers of a group load at different speeds.
    /// </summary>
    public TimeSpan JoinDeadline { get; set; } = TimeSpan.FromMinutes(2);
}
