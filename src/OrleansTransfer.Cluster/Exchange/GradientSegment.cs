using System.Buffers;

namespace OrleansTransfer.Cluster.Exchange;

/// <summary>Which half of the exchange a segment belongs to.</summary>
public enum SegmentKind : byte
{
    /// <summary>A node's own sum, on its way to the node that owns the region (reduce-scatter).</summary>
    Contribution,

    /// <summary>The sum over all nodes, on its way back (all-gather).</summary>
    Result,
}

/// <summary>Says which segment of which exchange a message carries.</summary>
/// <param name="Experiment">Id of the experiment.</param>
/// <param name="Generation">Generation of the group; an older one is refused.</param>
/// <param name="Sequence">Number of the exchange within the generation.</param>
/// <param name="Kind">Contribution or result.</param>
/// <param name="FromNode">Index of the sending node within the group.</param>
/// <param name="Offset">First element, in floats from the start of the reduced values.</param>
/// <param name="Length">Elements.</param>
public readonly record struct SegmentHeader(
    string Experiment, int Generation, long Sequence, SegmentKind Kind, int FromNode, long Offset, int Length);

/// <summary>
/// A slice of a flat gradient in one message. On the sending side it points into the gradient's own memory, which the codec copies straight into the
/// connection's buffer; on the receiving side it holds a rented buffer that whoever consumes the segment gives back.
/// </summary>
public sealed unsafe class GradientSegment : IDisposable
{
    private readonly float* _source;
    private readonly MemoryLease? _lease;
    private byte[]? _rented;

    private GradientSegment(SegmentHeader header, float* source, MemoryLease? lease, byte[]? rented)
    {
        _source = source;
        (Header, _lease, _rented) = (header, lease, rented);
    }

    /// <summary>What the segment is.</summary>
    public SegmentHeader Header { get; }

    /// <summary>Bytes of the payload.</summary>
    public int ByteLength => checked(Header.Length * sizeof(float));

    /// <summary>For sending: refers to memory that <paramref name="lease"/> keeps readable until the lease is revoked.</summary>
    /// <param name="header">What to send.</param>
    /// <param name="values">Address of the first of the reduced values; the header's offset counts from here.</param>
    /// <param name="lease">Guards the memory.</param>
    public static GradientSegment Of(SegmentHeader header, nint values, MemoryLease lease) =>
        new(header, (float*)values + header.Offset, lease, null);

    /// <summary>For receiving: owns a rented buffer of at least <see cref="ByteLength"/> bytes.</summary>
    internal static GradientSegment Received(SegmentHeader header, byte[] rented) => new(header, null, null, rented);

    /// <summary>The received values.</summary>
    /// <exception cref="ObjectDisposedException">The segment was given back, or is one for sending.</exception>
    public Span<float> Values
    {
        get
        {
            ObjectDisposedException.ThrowIf(_rented is null, this);
            return System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(_rented.AsSpan(0, ByteLength));
        }
    }

    /// <summary>
    /// Opens the memory to copy from. Returns false when the sender has given up the exchange: the memory may be gone, and nobody waits for the
    /// message. A true must be followed by <see cref="Close"/>.
    /// </summary>
    internal bool TryOpen(out ReadOnlySpan<byte> bytes)
    {
        if (_lease is { } lease)
        {
            if (!lease.TryAcquire())
            {
                bytes = default;
                return false;
            }
            bytes = new(_source, ByteLength);
            return true;
        }
        bytes = _rented.AsSpan(0, _rented is null ? 0 : ByteLength);
        return _rented is not null;
    }

    /// <summary>Ends a successful <see cref="TryOpen"/>.</summary>
    internal void Close() => _lease?.Release();

    /// <summary>Gives a received buffer back to the pool.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _rented, null) is { } rented) ArrayPool<byte>.Shared.Return(rented);
    }
}
