namespace OrleansTransfer.Learning.Training;

/// <summary>How a replica hands its gradients to the exchange; equal on all ranks.</summary>
/// <param name="BucketLength">
/// Gradients that are sent together, at least 1: a bucket is on its way as soon as the last of them is final. Larger ones cost fewer messages, smaller
/// ones start earlier.
/// </param>
/// <param name="Wire">How gradients travel between nodes. What travels beside them, statistics and the loss, is never rounded.</param>
public sealed record ExchangeSettings(long BucketLength, WireFormat Wire)
{
    /// <summary>Buckets of 25 MB, as PyTorch's DistributedDataParallel has them, in full precision.</summary>
    public static ExchangeSettings Default { get; } = new(25_000_000 / sizeof(float), WireFormat.Float32);
}
