using System.Buffers.Binary;

namespace OrleansTransfer.Learning.Weights.Keras;

/// <summary>The bytes of one structure, taken from front to back. All numbers are little-endian.</summary>
internal sealed class HdfBlock(HdfInput input, ReadOnlyMemory<byte> bytes, long start, string what)
{
    private int _at;

    /// <summary>Where in the file the next byte stands.</summary>
    public long Position => start + _at;

    /// <summary>Bytes that are left.</summary>
    public int Left => bytes.Length - _at;

    public byte Byte() => Take(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public void Skip(int count) => Take(count);

    /// <summary>Whether the next bytes are these, which are left where they are.</summary>
    public bool BeginsWith(ReadOnlySpan<byte> start) => bytes.Span[_at..].StartsWith(start);

    /// <summary>The next <paramref name="count"/> bytes.</summary>
    /// <exception cref="WeightsFormatException">So many are not left.</exception>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > Left) throw Malformed("ends early");
        var taken = bytes.Span.Slice(_at, count);
        _at += count;
        return taken;
    }

    /// <summary>The next <paramref name="count"/> bytes as a block of their own.</summary>
    /// <exception cref="WeightsFormatException">So many are not left.</exception>
    public HdfBlock Part(int count, string partOf)
    {
        var first = _at;
        Take(count);
        return new(input, bytes.Slice(first, count), start + first, partOf);
    }

    /// <summary>Takes the bytes that a structure of this kind begins with.</summary>
    /// <exception cref="WeightsFormatException">There are others.</exception>
    public void Expect(ReadOnlySpan<byte> signature)
    {
        var at = Position;
        if (!Take(signature.Length).SequenceEqual(signature)) throw input.Malformed(at, $"{what} does not begin as one");
    }

    /// <summary>Takes a version.</summary>
    /// <exception cref="WeightsFormatException">It is another one.</exception>
    public void ExpectVersion(byte version)
    {
        var at = Position;
        if (Byte() is var found && found != version) throw input.Malformed(at, $"{what} has version {found}; {version} is read");
    }

    /// <summary>What is said where this structure is wrong; <paramref name="reason"/> continues a sentence that begins with its name.</summary>
    public WeightsFormatException Malformed(string reason) => input.Malformed(Position, $"{what} {reason}");
}
