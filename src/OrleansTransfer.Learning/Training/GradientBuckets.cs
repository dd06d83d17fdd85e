namespace OrleansTransfer.Learning.Training;

/// <summary>A run of flat gradients that are reduced together.</summary>
/// <param name="Offset">First element.</param>
/// <param name="Count">Number of elements.</param>
/// <param name="Section">The last section in it: the bucket is final when that one is.</param>
internal sealed record GradientBucket(long Offset, long Count, int Section);

/// <summary>Cuts flat gradients into buckets.</summary>
internal static class GradientBuckets
{
    // A megabyte of float32: less is not worth an exchange of its own.
    private const long WorthSending = 256 * 1024;

    /// <summary>
    /// Buckets that end where a parameter ends, in the order in which they become final: with the first parameter that brings them to
    /// <paramref name="length"/> elements, or with the section, from which on nothing keeps them from being sent, if that is a megabyte or more. What
    /// waits for the end of the backward pass is all that cannot be exchanged behind it.
    /// </summary>
    public static IReadOnlyList<GradientBucket> Cut(IReadOnlyList<ParameterSlot> slots, long count, long length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        var buckets = new List<GradientBucket>();
        long start = 0;
        for (var i = 0; i < slots.Count; i++)
        {
            var isLast = i + 1 == slots.Count;
            var end = isLast ? count : slots[i + 1].Offset;
            var isFinal = !isLast && slots[i + 1].Section != slots[i].Section && end - start >= WorthSending;
            if (end - start < length && !isFinal && !isLast) continue;
            buckets.Add(new(start, end - start, slots[i].Section));
            start = end;
        }
        return buckets;
    }
}
