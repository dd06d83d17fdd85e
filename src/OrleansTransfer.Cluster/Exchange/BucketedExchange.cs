using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Cluster.Exchange;

/// <summary>
/// Reduces values bucket by bucket: each is an exchange of its own, and bounds what a node must hold of other nodes' contributions.
/// </summary>
/// <param name="inner">Carries out each bucket.</param>
/// <param name="bucketLength">Values in one bucket, at least 1.</param>
public sealed class BucketedExchange(IGradientExchange inner, int bucketLength) : IGradientExchange
{
    private long _sequence;

    /// <inheritdoc/>
    public int Rank => inner.Rank;

    /// <inheritdoc/>
    public int WorldSize => inner.WorldSize;

    /// <inheritdoc/>
    public void AllReduce(long sequence, Span<float> values, WireFormat wire, CancellationToken cancellationToken)
    {
        // Buckets are numbered here: every rank cuts the same values into the same buckets.
        for (var offset = 0; offset < values.Length; offset += bucketLength)
            inner.AllReduce(_sequence++, values.Slice(offset, Math.Min(bucketLength, values.Length - offset)), wire, cancellationToken);
    }
}
