using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Serializers;
using Orleans.Serialization.WireProtocol;

namespace OrleansTransfer.Cluster.Exchange;

/// <summary>
/// Writes a segment from gradient memory into the connection's buffer, and reads it into a rented one: one copy on each side, nothing allocated per
/// byte.
/// </summary>
[RegisterSerializer]
public sealed class GradientSegmentCodec : IFieldCodec<GradientSegment>
{
    /// <inheritdoc/>
    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, GradientSegment? value)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType, value)) return;
        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(GradientSegment), WireType.LengthPrefixed);
        if (!value!.TryOpen(out var payload))
            throw new ObjectDisposedException(nameof(GradientSegment), "The exchange of this segment was given up before it was sent.");
        try
        {
            var header = value.Header;
            var experiment = Encoding.UTF8.GetBytes(header.Experiment);
            writer.WriteVarUInt32((uint)(FixedBytes + experiment.Length + payload.Length));
            writer.WriteInt32(experiment.Length);
            writer.Write(experiment);
            writer.WriteInt32(header.Generation);
            writer.WriteInt64(header.Sequence);
            writer.WriteInt32((int)header.Kind);
            writer.WriteInt32(header.FromNode);
            writer.WriteInt64(header.Offset);
            writer.WriteInt32(header.Length);
            writer.Write(payload);
        }
        finally
        {
            value.Close();
        }
    }

    /// <inheritdoc/>
    public GradientSegment? ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.IsReference) return ReferenceCodec.ReadReference<GradientSegment, TInput>(ref reader, field);
        field.EnsureWireType(WireType.LengthPrefixed);
        var total = reader.ReadVarUInt32();
        var nameLength = reader.ReadInt32();
        if (nameLength is < 0 or > 1024) throw new SerializerException($"A gradient segment names its experiment with {nameLength} bytes.");
        var experiment = Encoding.UTF8.GetString(reader.ReadBytes((uint)nameLength));
        var (generation, sequence, kind) = (reader.ReadInt32(), reader.ReadInt64(), (SegmentKind)reader.ReadInt32());
        var header = new SegmentHeader(experiment, generation, sequence, kind, reader.ReadInt32(), reader.ReadInt64(), reader.ReadInt32());
        if (header.Length < 0 || total != FixedBytes + nameLength + (long)header.Length * sizeof(float))
            throw new SerializerException($"A gradient segment of {total} bytes says that it holds {header.Length} values.");
        var rented = ArrayPool<byte>.Shared.Rent(header.Length * sizeof(float));
        reader.ReadBytes(rented.AsSpan(0, header.Length * sizeof(float)));
        var segment = GradientSegment.Received(header, rented);
        ReferenceCodec.RecordObject(reader.Session, segment);
        return segment;
    }

    // Five 32-bit and two 64-bit numbers.
    private const int FixedBytes = 5 * sizeof(int) + 2 * sizeof(long);
}

/// <summary>Segments are never copied: whoever sends one leaves the memory alone until the call has returned.</summary>
[RegisterCopier]
public sealed class GradientSegmentCopier : IDeepCopier<GradientSegment>, IOptionalDeepCopier
{
    /// <inheritdoc/>
    public bool IsShallowCopyable() => true;

    /// <inheritdoc/>
    [return: NotNullIfNotNull(nameof(input))]
    public GradientSegment? DeepCopy(GradientSegment? input, CopyContext context) => input;
}
