namespace OrleansTransfer.Cluster.Workers;

/// <summary>Copies between two stretches of one long sequence of bytes.</summary>
internal static class Overlap
{
    /// <summary>Copies what both stretches have from <paramref name="source"/> to <paramref name="target"/>.</summary>
    /// <param name="source">A stretch.</param>
    /// <param name="sourceStart">Where it begins in the sequence.</param>
    /// <param name="target">Another.</param>
    /// <param name="targetStart">Where that begins.</param>
    public static void Copy(ReadOnlySpan<byte> source, long sourceStart, Span<byte> target, long targetStart)
    {
        var start = Math.Max(sourceStart, targetStart);
        var end = Math.Min(sourceStart + source.Length, targetStart + target.Length);
        if (start >= end) return;
        source.Slice((int)(start - sourceStart), (int)(end - start)).CopyTo(target[(int)(start - targetStart)..]);
    }
}
