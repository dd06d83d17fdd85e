using System.Runtime.InteropServices;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Cluster.Exchange.Lanes;

/// <summary>What is left of a segment on its way out.</summary>
/// <param name="frame">What the segment is.</param>
/// <param name="values">Its first value.</param>
internal unsafe struct Outgoing(SegmentFrame frame, float* values)
{
    private byte* _next = (byte*)values;

    /// <summary>What the segment is.</summary>
    public readonly SegmentFrame Frame => frame;

    /// <summary>Bytes of memory that are left.</summary>
    public long Left { get; private set; } = (long)frame.Length * sizeof(float);

    /// <summary>Whether the values have to be converted, so that only <see cref="Take"/> gives them.</summary>
    public readonly bool Converts => frame.Format != WireFormat.Float32;

    /// <summary>The next bytes of float32 values where they are, at most <paramref name="maximum"/>.</summary>
    public readonly ReadOnlySpan<byte> Bytes(int maximum) => new(_next, (int)Math.Min(maximum, Left));

    /// <summary>Goes on behind so many <see cref="Bytes"/>.</summary>
    public void Skip(int bytes)
    {
        _next += bytes;
        Left -= bytes;
    }

    /// <summary>Writes as many of the next values as fit, in the format of the segment; returns their bytes there.</summary>
    public int Take(Span<byte> target)
    {
        var count = (int)Math.Min(target.Length / frame.ValueBytes, Left / sizeof(float));
        var source = new ReadOnlySpan<float>(_next, count);
        if (Converts) BFloat16s.Round(source, MemoryMarshal.Cast<byte, ushort>(target)[..count]);
        else MemoryMarshal.AsBytes(source).CopyTo(target);
        Skip(count * sizeof(float));
        return count * frame.ValueBytes;
    }
}
