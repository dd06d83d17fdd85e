using OrleansTransfer.Learning.Compute;

namespace OrleansTransfer.Learning.Data;

/// <summary>
/// Which samples belong to which step: a pure function of seed, epoch, step and world size, so that every worker knows its share of each global batch
/// without asking. An epoch's samples are divided over its steps as evenly as possible: there is no tiny last batch for BatchNorm to stumble over,
/// and none is dropped.
/// </summary>
public sealed class BatchPlan
{
    // Samples of this many batches are sorted by length together: enough for batches of nearly one length, and still another mixture every epoch.
    private const int PooledSteps = 50;

    private readonly int _batchSize;
    private readonly long _seed;
    private readonly bool _shuffle;
    private readonly IReadOnlyList<int>? _lengths;
    private (int Epoch, int[] Order)? _latest;
    private readonly Lock _gate = new();

    /// <param name="samples">Samples in an epoch, at least 1.</param>
    /// <param name="batchSize">Largest global batch, at least 1.</param>
    /// <param name="seed">Source of the epochs' orders.</param>
    /// <param name="shuffle">Whether each epoch has its own random order; otherwise samples come in index order.</param>
    /// <param name="lengths">
    /// Lengths of the samples, by which a shuffled epoch puts samples of similar length into one batch, so that little of it is padding; null where
    /// all samples are of one size.
    /// </param>
    /// <exception cref="ArgumentException">There are not as many lengths as samples.</exception>
    public BatchPlan(int samples, int batchSize, long seed, bool shuffle, IReadOnlyList<int>? lengths = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        Samples = samples;
        _batchSize = batchSize;
        StepsPerEpoch = (samples / batchSize) + (samples % batchSize == 0 ? 0 : 1);
        _seed = seed;
        _shuffle = shuffle;
        if (lengths is not null && lengths.Count != samples)
            throw new ArgumentException($"There are {lengths.Count} lengths for {samples} samples.", nameof(lengths));
        _lengths = lengths;
    }

    /// <summary>Samples in an epoch.</summary>
    public int Samples { get; }

    /// <summary>Steps in an epoch: samples / batch size, rounded up.</summary>
    public int StepsPerEpoch { get; }

    /// <summary>
    /// Samples in the smallest global batch; the largest has at most one more. A group with more workers than this leaves some without work.
    /// </summary>
    public int SmallestBatch => Samples / StepsPerEpoch;

    /// <summary>Whether all epochs have the same batches.</summary>
    public bool SameEveryEpoch => !_shuffle;

    /// <summary>The same plan for samples of these lengths.</summary>
    /// <exception cref="ArgumentException">There are not as many lengths as samples.</exception>
    public BatchPlan ByLength(IReadOnlyList<int> lengths) => new(Samples, _batchSize, _seed, _shuffle, lengths);

    /// <summary>Sample indices of the global batch <paramref name="step"/> (from 0) of <paramref name="epoch"/> (from 0).</summary>
    public IReadOnlyList<int> Global(int epoch, int step) => Batch(epoch, step);

    /// <summary>
    /// The part of that batch which <paramref name="rank"/> of <paramref name="worldSize"/> works on: contiguous, sizes differ by at most one, and
    /// the shares of all ranks one after the other are the global batch. Empty where the batch has fewer samples than the group has workers.
    /// </summary>
    public IReadOnlyList<int> Share(int epoch, int step, int rank, int worldSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(worldSize, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, worldSize);
        var batch = Batch(epoch, step);
        var (start, count) = Part(batch.Count, worldSize, rank);
        return batch.Slice(start, count);
    }

    /// <summary>Samples of the global batch that lie before that part.</summary>
    public int Offset(int epoch, int step, int rank, int worldSize) => Part(Batch(epoch, step).Count, worldSize, rank).Start;

    private ArraySegment<int> Batch(int epoch, int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, StepsPerEpoch);
        var (start, count) = Part(Samples, StepsPerEpoch, step);
        return new(Order(_shuffle ? epoch : 0), start, count);
    }

    private int[] Order(int epoch)
    {
        lock (_gate)
        {
            if (_latest is { } latest && latest.Epoch == epoch) return latest.Order;
            var order = new int[Samples];
            for (var i = 0; i < order.Length; i++) order[i] = i;
            if (_shuffle)
            {
                var random = new SplitMix64(Seeds.Derive(_seed, epoch));
                random.Shuffle<int>(order);
                if (_lengths is not null) order = GroupedByLength(order, _lengths, random);
            }
            _latest = (epoch, order);
            return order;
        }
    }

    // Pools of batches are cut from the random order, sorted by length, and dealt out to the pool's batches in random order.
    private int[] GroupedByLength(int[] order, IReadOnlyList<int> lengths, SplitMix64 random)
    {
        var grouped = new int[order.Length];
        for (var first = 0; first < StepsPerEpoch; first += PooledSteps)
        {
            var steps = Enumerable.Range(first, Math.Min(PooledSteps, StepsPerEpoch - first)).ToArray();
            var from = Part(Samples, StepsPerEpoch, first).Start;
            var count = steps.Sum(step => Part(Samples, StepsPerEpoch, step).Count);
            // The sort is stable: samples of one length stay in random order.
            var sorted = order.AsSpan(from, count).ToArray().OrderBy(sample => lengths[sample]).ToArray();
            random.Shuffle<int>(steps);
            var taken = 0;
            foreach (var step in steps)
            {
                var (start, size) = Part(Samples, StepsPerEpoch, step);
                sorted.AsSpan(taken, size).CopyTo(grouped.AsSpan(start));
                taken += size;
            }
        }
        return grouped;
    }

    private static (int Start, int Count) Part(int total, int parts, int index)
    {
        var (size, larger) = Math.DivRem(total, parts);
        return ((index * size) + Math.Min(index, larger), size + (index < larger ? 1 : 0));
    }
}
