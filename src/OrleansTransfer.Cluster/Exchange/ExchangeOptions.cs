namespace OrleansTransfer.Cluster.Exchange;

/// <summary>How gradients travel between nodes.</summary>
public sealed class ExchangeOptions
{
    /// <summary>Values in one segment, which is what a node reduces before it sends the sum back; 262,144 (1 MiB) by default.</summary>
    public int SegmentLength { get; set; } = 256 * 1024;

    /// <summary>
    /// How long a node waits for the others of a new group to join the exchange; 2 minutes by default. Workers of a group load at different speeds.
    /// </summary>
    public TimeSpan JoinDeadline { get; set; } = TimeSpan.FromMinutes(2);
}
