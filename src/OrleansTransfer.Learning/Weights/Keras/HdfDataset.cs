namespace OrleansTransfer.Learning.Weights.Keras;

/// <summary>A dataset whose place, length and shape have been checked against each other and the file.</summary>
/// <param name="Info">Its path, type and shape.</param>
/// <param name="Offset">First byte of its data where that lies in one piece; 0 where <paramref name="Chunks"/> has it.</param>
/// <param name="Chunks">Its pieces where it is cut into such, else null.</param>
internal sealed record HdfDataset(TensorInfo Info, long Offset, HdfChunks? Chunks)
{
    /// <summary>Checks what <paramref name="header"/> says of a dataset.</summary>
    /// <exception cref="WeightsFormatException">It contradicts itself or the file, or is of a kind that Keras does not write.</exception>
    public static HdfDataset Read(HdfInput input, HdfObject header, string name, string what)
    {
        if (header.Has(HdfMessage.ExternalFiles))
            throw input.Malformed(header.Start, $"{what} has its data in other files, which are not opened");
        if (HdfType.Parse(header.Get(HdfMessage.Datatype)) is not { } type)
            throw input.Malformed(header.Start, $"{what} has elements that are neither IEEE floating-point nor whole numbers, little-endian, " +
                $"of a type among {SafetensorsTypes.Known}");
        var shape = HdfShape.Parse(header.Get(HdfMessage.Dataspace));
        var info = new TensorInfo(name, type, shape);
        Int128 bytes = SafetensorsTypes.Size(type);
        foreach (var size in shape)
        {
            // A zero among the dimensions must not hide an overflow of the others, which libtorch computes strides from.
            bytes *= Math.Max(size, 1);
            if (bytes > long.MaxValue) throw input.Malformed(header.Start, $"{what} has a shape that overflows 64 bits");
        }
        if (shape.Contains(0)) return new(info, 0, null);

        var layout = header.Get(HdfMessage.Layout);
        layout.ExpectVersion(3);
        switch (layout.Byte())
        {
            case 0: // in the header itself
                var length = layout.UInt16();
                return length == bytes && layout.Left >= length
                    ? new(info, layout.Position, null)
                    : throw layout.Malformed($"holds {length} bytes, and the shape {TensorInfo.Describe(shape)} needs {bytes}");
            case 1: // in one piece
                var at = layout.Position;
                var (address, size) = (layout.UInt64(), layout.UInt64());
                if (address == HdfInput.Undefined) throw input.Malformed(at, $"{what} was never written");
                if (size != (UInt128)bytes)
                    throw input.Malformed(at, $"{what} has {size} bytes, and its shape {TensorInfo.Describe(shape)} needs {bytes}");
                input.CheckInside(address, size, at, what);
                return new(info, (long)address, null);
            case 2:
                var filters = header.Has(HdfMessage.Filters) ? header.Get(HdfMessage.Filters) : null;
                return new(info, 0, HdfChunks.Read(input, info, layout, filters, what));
            case var other:
                throw layout.Malformed($"stores data in the way {other}, which Keras does not");
        }
    }
}
