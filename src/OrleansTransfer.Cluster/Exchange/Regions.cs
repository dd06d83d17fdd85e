namespace OrleansTransfer.Cluster.Exchange;

/// <summary>How values are divided among the nodes (or the workers of a node) that reduce them.</summary>
public static class Regions
{
    // A region starts on a cache line, so that neighbours do not write into each other's.
    private const long Alignment = 16;

    /// <summary>
    /// The part of <paramref name="length"/> values that owner <paramref name="index"/> of <paramref name="count"/> reduces; may be empty.
    /// </summary>
    public static (long Start, long Length) Of(long length, int index, int count)
    {
        var start = Boundary(length, index, count);
        return (start, Boundary(length, index + 1, count) - start);
    }

    /// <summary>
    /// Number of segments of at most <paramref name="segmentLength"/> values that a region of <paramref name="length"/> values is sent in.
    /// </summary>
    public static int Segments(long length, int segmentLength) => (int)((length + segmentLength - 1) / segmentLength);

    private static long Boundary(long length, int index, int count) =>
        index == count ? length : Math.Min(length, length * index / count / Alignment * Alignment);
}
