using System.Buffers.Binary;

namespace OrleansTransfer.Learning.Weights.Hdf5;

/// <summary>
/// Reads an HDF5 file's structures by address. Every read is checked against the end of the file, and the sum of all that is read of structures is
/// bounded, so that a file whose parts point at each other in circles ends in an error.
/// </summary>
internal sealed class Hdf5Input(PositionalFile file)
{
    /// <summary>An address that means "nowhere".</summary>
    public const ulong Undefined = ulong.MaxValue;

    // Structures of a file of a thousand layers take well under a megabyte; a larger budget only for files that are large.
    private const long LeastBudget = 16 << 20;

    private long _budget = Math.Max(LeastBudget, file.Length);

    /// <summary>The file.</summary>
    public PositionalFile File => file;

    /// <summary>The bytes of a structure.</summary>
    /// <exception cref="WeightsFormatException">They do not lie in the file.</exception>
    public byte[] Read(ulong address, int count, string what)
    {
        Require(address, (ulong)count, what);
        if ((_budget -= Math.Max(count, 1)) < 0) throw Malformed(address, $"its structures refer to each other without end, at {what}");
        var bytes = new byte[count];
        file.ReadExactly(bytes, (long)address);
        return bytes;
    }

    /// <summary>Fails unless <paramref name="count"/> bytes from <paramref name="address"/> on lie in the file.</summary>
    /// <exception cref="WeightsFormatException">They do not.</exception>
    public void Require(ulong address, ulong count, string what)
    {
        var length = (ulong)file.Length;
        if (address > length || count > length - address) throw Malformed(address, $"{what} of {count} bytes reaches beyond the end of the file");
    }

    /// <summary>An error at <paramref name="address"/>, or at the end of the file where that lies beyond.</summary>
    public WeightsFormatException Malformed(ulong address, string reason) => new(file.Path, (long)Math.Min(address, (ulong)file.Length), reason);

    public static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    public static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    public static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
