using System.Buffers.Binary;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Cluster.Exchange.Lanes;

/// <summary>Which half of the exchange a segment belongs to.</summary>
public enum SegmentKind
{
    /// <summary>A node's own sum, on its way to the node that owns the region (reduce-scatter).</summary>
    Contribution = 1,

    /// <summary>The sum over all nodes, on its way back (all-gather).</summary>
    Result = 2,
}

/// <summary>What stands in front of a segment's values on a lane: 32 bytes, little-endian.</summary>
/// <param name="Kind">Contribution or result.</param>
/// <param name="Length">Values in the segment.</param>
/// <param name="Sequence">Number of the exchange within the generation.</param>
/// <param name="Offset">First value, from the start of the reduced values.</param>
/// <param name="Format">How each value is written.</param>
public readonly record struct SegmentFrame(SegmentKind Kind, int Length, long Sequence, long Offset, WireFormat Format = WireFormat.Float32)
{
    /// <summary>Bytes of a frame on the wire.</summary>
    public const int Size = 32;

    /// <summary>Values that one frame can announce: 2^28, which are 1 GiB of float32. More is not a frame but a stream out of step.</summary>
    public const int MaximumLength = 1 << 28;

    // Starts every frame, so that a stream out of step is noticed at once and not when its numbers make no sense.
    private const uint Marker = 0x4745534F;

    /// <summary>Bytes of one value.</summary>
    public int ValueBytes => Format == WireFormat.BFloat16 ? sizeof(ushort) : sizeof(float);

    /// <summary>Bytes of the values that follow.</summary>
    public long PayloadBytes => (long)Length * ValueBytes;

    /// <summary>Writes the frame into the first <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Marker);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], (int)Kind);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], (int)Format);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], Offset);
    }

    /// <summary>Reads a frame; false if the bytes are none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out SegmentFrame frame)
    {
        frame = new(
            (SegmentKind)BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
            (WireFormat)BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]));
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes) == Marker && frame.Kind is SegmentKind.Contribution or SegmentKind.Result
            && frame.Length is >= 0 and <= MaximumLength && frame.Offset >= 0 && frame.Format is WireFormat.Float32 or WireFormat.BFloat16;
    }
}
