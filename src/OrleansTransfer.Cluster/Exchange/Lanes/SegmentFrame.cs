using System.Buffers.Binary;

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
public readonly record struct SegmentFrame(SegmentKind Kind, int Length, long Sequence, long Offset)
{
    /// <summary>Bytes of a frame on the wire.</summary>
    public const int Size = 32;

    /// <summary>Values that one frame can announce: 1 GiB. More is not a frame but a stream out of step.</summary>
    private const int MaximumLength = 1 << 28;

    // Starts every frame, so that a stream out of step is noticed at once and not when its numbers make no sense.
    private const uint Marker = 0x4745534F;

    /// <summary>Bytes of the values that follow.</summary>
    public long PayloadBytes => (long)Length * sizeof(float);

    /// <summary>Writes the frame into the first <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Marker);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], (int)Kind);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], 0);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], Offset);
    }

    /// <summary>Reads a frame.</summary>
    /// <exception cref="LaneException">The bytes are not one.</exception>
    public static SegmentFrame Read(ReadOnlySpan<byte> bytes)
    {
        var frame = new SegmentFrame(
            (SegmentKind)BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]));
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes) == Marker && frame.Kind is SegmentKind.Contribution or SegmentKind.Result
            && frame.Length is >= 0 and <= MaximumLength && frame.Offset >= 0
            ? frame
            : throw new LaneException("it sent what is not a segment of a gradient");
    }
}
