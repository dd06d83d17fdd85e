namespace OrleansTransfer.Learning.Weights.Hdf5;

/// <summary>Classes of types that are of use here; the numbers are the format's.</summary>
internal enum Hdf5TypeClass
{
    Integer = 0,
    Float = 1,
    Text = 3,
    VariableLength = 9,
}

/// <summary>The type of a dataset's or an attribute's elements.</summary>
/// <param name="Class">Its class; may be one that is not of use here.</param>
/// <param name="Size">Bytes of an element.</param>
/// <param name="IsPlain">Whether a number is little-endian and, if floating, of IEEE 754.</param>
/// <param name="IsText">Whether a variable-length one is text.</param>
internal sealed record Hdf5Datatype(Hdf5TypeClass Class, int Size, bool IsPlain, bool IsText)
{
    private const int Prefix = 8;

    /// <exception cref="WeightsFormatException">It is not well-formed.</exception>
    public static Hdf5Datatype Read(Hdf5Input input, ReadOnlySpan<byte> data, ulong address)
    {
        if (data.Length < Prefix) throw input.Malformed(address, "a type is cut short");
        var (kind, size) = ((Hdf5TypeClass)(data[0] & 0xF), Hdf5Input.U32(data, 4));
        if (size is 0 or > 1 << 20) throw input.Malformed(address, $"a type has elements of {size} bytes");
        var (flags, littleEndian) = (data[1], (data[1] & 1) == 0);
        var plain = kind switch
        {
            Hdf5TypeClass.Integer => littleEndian && (flags & 8) != 0 && size is 1 or 2 or 4 or 8,
            Hdf5TypeClass.Float => littleEndian && (flags & 0x40) == 0 && IsIeee(data[Prefix..], data[2], size),
            _ => false,
        };
        return new(kind, (int)size, plain, kind == Hdf5TypeClass.VariableLength && (flags & 0xF) == 1);
    }

    // Offset and precision in bits, place and size of exponent and mantissa, and bias; the sign's place is apart.
    private static bool IsIeee(ReadOnlySpan<byte> properties, byte signAt, uint size)
    {
        if (properties.Length < 12) return false;
        var (exponent, bias) = size switch { 2 => (5, 15u), 4 => (8, 127u), 8 => (11, 1023u), _ => (0, 0u) };
        var mantissa = (int)size * 8 - 1 - exponent;
        return exponent > 0 && signAt == size * 8 - 1 && Hdf5Input.U16(properties, 0) == 0 && Hdf5Input.U16(properties, 2) == size * 8
            && properties[4] == mantissa && properties[5] == exponent && properties[6] == 0 && properties[7] == mantissa
            && Hdf5Input.U32(properties, 8) == bias;
    }
}
