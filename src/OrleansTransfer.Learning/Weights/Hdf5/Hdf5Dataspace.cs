namespace OrleansTransfer.Learning.Weights.Hdf5;

/// <summary>The shape of a dataset or an attribute.</summary>
internal static class Hdf5Dataspace
{
    private const int MaximumRank = 32; // the format's own limit

    /// <summary>Reads dimensions; none for a scalar.</summary>
    /// <exception cref="WeightsFormatException">They are not well-formed, or their product is beyond all files.</exception>
    public static long[] Read(Hdf5Input input, ReadOnlySpan<byte> data, ulong address)
    {
        if (data.Length < 4) throw input.Malformed(address, "a shape is cut short");
        var (version, rank) = (data[0], data[1]);
        var start = version switch { 1 => 8, 2 => 4, _ => throw input.Malformed(address, $"a shape is of version {version}; 1 and 2 are known") };
        if (rank > MaximumRank || data.Length < start + rank * sizeof(ulong))
            throw input.Malformed(address, $"a shape of {rank} dimensions is cut short");
        var shape = new long[rank];
        var elements = 1UL;
        for (var i = 0; i < rank; i++)
        {
            var dimension = Hdf5Input.U64(data, start + i * sizeof(ulong));
            if (dimension > long.MaxValue || Math.BigMul(elements, dimension, out elements) != 0 || elements > long.MaxValue / 16)
                throw input.Malformed(address, "a shape has more elements than any file can hold");
            shape[i] = (long)dimension;
        }
        return shape;
    }
}
