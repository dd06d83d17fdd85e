using Orleans.Concurrency;

namespace OrleansTransfer.Cluster.Exchange;

/// <summary>Where a node takes gradient segments: implemented by workers, addressed at the first worker of each node.</summary>
[Alias("orleanstransfer.IGradientInbox")]
public interface IGradientInbox : IGrainWithStringKey
{
    /// <summary>
    /// Hands over one segment. The call returns when the receiver has used it, which is what bounds the bytes in flight: a sender keeps only a few
    /// calls open. A peer in the middle of a long backward pass answers late, so the call may take as long as a step; the death of the peer ends it
    /// at once.
    /// </summary>
    [Alias("Deliver"), AlwaysInterleave, ResponseTimeout("1.00:00:00")]
    Task Deliver(GradientSegment segment);
}
