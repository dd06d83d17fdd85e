using System.IO.Compression;

namespace OrleansTransfer.Learning.Weights.Keras;

/// <summary>What chunks go through when they are written, of all that HDF5 knows.</summary>
internal enum HdfFilter
{
    Deflate = 1,

    /// <summary>First bytes of all elements first, then all second bytes: they compress better.</summary>
    Shuffle = 2,
}

/// <summary>Filters of chunks.</summary>
internal static class HdfFilters
{
    // HDF5's own limit, and that of the mask that says which of them a chunk skipped.
    private const int MaximumFilters = 32;

    /// <summary>The filters, in the order of writing.</summary>
    /// <exception cref="WeightsFormatException">There is another among them.</exception>
    public static IReadOnlyList<HdfFilter> Parse(HdfBlock? message, int elementBytes, string what, HdfInput input)
    {
        if (message is null) return [];
        message.ExpectVersion(1);
        int count = message.Byte();
        if (count > MaximumFilters) throw message.Malformed($"lists {count} filters; there can be {MaximumFilters}");
        message.Skip(6);
        List<HdfFilter> filters = [];
        for (var i = 0; i < count; i++)
        {
            var at = message.Position;
            var (filter, nameBytes) = ((HdfFilter)message.UInt16(), message.UInt16());
            message.Skip(2); // whether it may be skipped
            int values = message.UInt16();
            message.Skip((nameBytes + 7) / 8 * 8);
            var parameters = message.Part(4 * (values + values % 2), $"a filter of {what}");
            if (!Enum.IsDefined(filter)) throw input.Malformed(at, $"{what} went through filter {(int)filter}; only gzip and shuffle are undone");
            if (filter == HdfFilter.Shuffle && (values == 0 || parameters.UInt32() != elementBytes))
                throw input.Malformed(at, $"{what} was shuffled as elements of another size");
            // Each pass takes time anew.
            if (filters.Contains(filter)) throw input.Malformed(at, $"{what} went through a filter twice");
            if (filter == HdfFilter.Shuffle && filters.Count > 0) throw input.Malformed(at, $"{what} was shuffled after it was compressed");
            filters.Add(filter);
        }
        return filters;
    }

    /// <summary>Fills <paramref name="destination"/> with what the stored bytes were before <paramref name="filters"/>.</summary>
    /// <exception cref="WeightsFormatException">They are not what these filters write.</exception>
    public static void Undo(
        PositionalFile file, long offset, int bytes, IEnumerable<HdfFilter> filters, int elementBytes, Span<byte> destination)
    {
        var passed = filters.ToList();
        if (passed.Contains(HdfFilter.Deflate)) Inflate(file, offset, bytes, destination);
        else file.ReadExactly(destination, offset);
        if (passed.Contains(HdfFilter.Shuffle)) Unshuffle(destination, elementBytes);
    }

    private static void Inflate(PositionalFile file, long offset, int bytes, Span<byte> destination)
    {
        var packed = new byte[bytes];
        file.ReadExactly(packed, offset);
        try
        {
            using var stream = new ZLibStream(new MemoryStream(packed), CompressionMode.Decompress);
            stream.ReadExactly(destination);
            if (stream.ReadByte() >= 0) throw new InvalidDataException("there is more of it");
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            var reason = e.Message.TrimEnd('.');
            throw new WeightsFormatException(file.Path, offset, $"a chunk cannot be decompressed to {destination.Length} bytes: {reason}", e);
        }
    }

    private static void Unshuffle(Span<byte> elements, int elementBytes)
    {
        var shuffled = elements.ToArray();
        var count = elements.Length / elementBytes;
        for (var i = 0; i < count; i++)
            for (var part = 0; part < elementBytes; part++) elements[i * elementBytes + part] = shuffled[part * count + i];
    }
}
