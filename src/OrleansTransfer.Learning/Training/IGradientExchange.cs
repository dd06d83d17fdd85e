namespace OrleansTransfer.Learning.Training;

/// <summary>
/// Sums gradients over the replicas of a group. The training loop sees only this; one worker alone uses <see cref="NoExchange"/>.
/// Calls come from one thread at a time, in the same order on every rank.
/// </summary>
public interface IGradientExchange
{
    /// <summary>This replica's place in the group, 0 to <see cref="WorldSize"/> - 1.</summary>
    int Rank { get; }

    /// <summary>Number of replicas in the group.</summary>
    int WorldSize { get; }

    /// <summary>
    /// Replaces <paramref name="values"/> by its element-wise sum over all ranks, added in rank order, so that every rank ends with the same bits.
    /// Blocks until the sum is complete.
    /// </summary>
    /// <param name="sequence">Number of the exchange within the generation, rising by one per call and equal on all ranks.</param>
    /// <param name="values">
    /// Native or pinned memory of float32 values, of equal length on every rank; it must stay valid until the call returns or throws.
    /// </param>
    /// <param name="wire">How the values travel between nodes, equal on all ranks; they are added as float32 in any case.</param>
    /// <exception cref="ExchangeAbortedException">
    /// The group can no longer complete the exchange; <paramref name="values"/> is then undefined.
    /// </exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    void AllReduce(long sequence, Span<float> values, WireFormat wire, CancellationToken cancellationToken);
}

/// <summary>How values travel between nodes.</summary>
public enum WireFormat
{
    /// <summary>As they are.</summary>
    Float32,

    /// <summary>Rounded to the upper 16 bits, to nearest even: half the bytes, 8 bits of precision. Contributions and sums are rounded once each.</summary>
    BFloat16,
}

/// <summary>The exchange of a group of one: the sum over one replica is what it has.</summary>
public sealed class NoExchange : IGradientExchange
{
    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public int WorldSize => 1;

    /// <inheritdoc/>
    public void AllReduce(long sequence, Span<float> values, WireFormat wire, CancellationToken cancellationToken) =>
        cancellationToken.ThrowIfCancellationRequested();
}

/// <summary>The group cannot complete an exchange: a peer is gone, late, or belongs to another generation.</summary>
public sealed class ExchangeAbortedException(string message, Exception? inner = null) : Exception(message, inner);
