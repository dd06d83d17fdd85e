namespace OrleansTransfer.Learning.Weights.Keras;

/// <summary>The beginning of an HDF5 file, as far as h5py writes it for Keras: the oldest layout, with 64-bit addresses.</summary>
internal static class Hdf
{
    /// <summary>What is said of files that are not written in the oldest layout.</summary>
    public const string Newer =
        "it is written in HDF5's newer layout, as Keras 3's .weights.h5 is; only .h5 files in the layout that model.save('x.h5') writes are read";

    private const int SuperblockBytes = 96;

    /// <summary>The bytes that every HDF5 file begins with.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'H', (byte)'D', (byte)'F', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    /// <summary>The address of the root group's header, and where in the file it stands.</summary>
    /// <exception cref="WeightsFormatException">It is of a kind that Keras does not write, or ends before its own end.</exception>
    public static (ulong Address, long From) ReadRoot(HdfInput input)
    {
        var block = input.Read(0, SuperblockBytes, 0, "the file's first structure");
        block.Expect(Signature);
        if (block.Byte() != 0) throw input.Malformed(Signature.Length, Newer);
        block.ExpectVersion(0); // of the list of free space
        block.ExpectVersion(0); // of the root group's entry
        block.Skip(1);
        block.ExpectVersion(0); // of messages that are shared
        var at = block.Position;
        if ((block.Byte(), block.Byte()) is var sizes && sizes != (8, 8))
            throw input.Malformed(at, $"addresses of {sizes.Item1} and lengths of {sizes.Item2} bytes are not read; h5py writes 8");
        block.Skip(9); // reserved, sizes of nodes, flags
        at = block.Position;
        if (block.UInt64() is var start && start != 0) throw input.Malformed(at, $"addresses begin at {start} instead of 0");
        block.Skip(8); // free space
        at = block.Position;
        if (block.UInt64() is var end && end > (ulong)input.FileBytes)
            throw input.Malformed(input.FileBytes, $"the file ends {end - (ulong)input.FileBytes} bytes early");
        block.Skip(16); // driver, name of the root group
        at = block.Position;
        return (block.UInt64(), at);
    }
}
