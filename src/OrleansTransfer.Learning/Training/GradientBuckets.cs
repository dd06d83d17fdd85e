namespace OrleansTransfer.Learning.Training;

/// <summary>A run of flat gradients that are reduced together.</summary>
/// <param name="Offset">First element.</param>
/// <param name="Count">Number of elements.</param>
/// <param name="Section">The last section in it: the bucket is final when that one is.</param>
internal sealed record GradientBucket(long Offset, long Count, int Section);

/// <summary>Cuts flat gradients into buckets.</summary>
internal static class GradientBuckets
{
    /// <summary>
    /// Buckets of at least <paramref name="length"/> elements, the last one perhaps fewer, that end where a parameter ends: in the order in which they
    /// become final.
    /// </summary>
    public static IReadOnlyList<GradientBucket> Cut(IReadOnlyList<ParameterSlot> slots, long count, long length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        var buckets = new List<GradientBucket>();
        long start = 0;
        for (var i = 0; i < slots.Count; i++)
        {
            var end = i + 1 < slots.Count ? slots[i + 1].Offset : count;
            if (end - start < length && i + 1 < slots.Count) continue;
            buckets.Add(new(start, end - start, slots[i].Section));
            start = end;
        }
        return buckets;
    }
}
