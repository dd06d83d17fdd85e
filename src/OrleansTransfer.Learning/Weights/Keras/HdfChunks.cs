using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights.Keras;

/// <summary>A dataset in pieces of one shape, each compressed by itself or not. Keras writes none, but files can be compressed afterwards.</summary>
internal sealed class HdfChunks
{
    // Deflate cannot do better: 258 bytes take 2 bits.
    private const long MaximumRatio = 1032;

    // They are decompressed as a whole. h5py chooses at most a megabyte.
    private const long MaximumChunkBytes = 256 << 20;

    private readonly TensorInfo _info;
    private readonly long[] _shape;
    private readonly int _bytes;
    private readonly IReadOnlyList<HdfFilter> _filters;
    private readonly List<Chunk> _chunks = [];

    private HdfChunks(TensorInfo info, long[] shape, int bytes, IReadOnlyList<HdfFilter> filters) =>
        (_info, _shape, _bytes, _filters) = (info, shape, bytes, filters);

    /// <summary>Checks that the pieces lie in the file, and that they are all there and can be what the dataset is said to be.</summary>
    /// <exception cref="WeightsFormatException">They are not.</exception>
    public static HdfChunks Read(HdfInput input, TensorInfo info, HdfBlock layout, HdfBlock? pipeline, string what)
    {
        var (rank, elementBytes) = (info.Shape.Count, SafetensorsTypes.Size(info.Type));
        if (layout.Byte() != rank + 1) throw layout.Malformed("gives another number of dimensions for the chunks than for the whole");
        var (from, tree) = (layout.Position, layout.UInt64());
        var shape = new long[rank];
        Int128 bytes = elementBytes;
        for (var i = 0; i < rank; i++)
        {
            shape[i] = layout.UInt32();
            if (shape[i] == 0 || shape[i] > info.Shape[i]) throw layout.Malformed("gives chunks that do not lie in the whole");
            bytes *= shape[i];
        }
        if (layout.UInt32() != elementBytes) throw layout.Malformed("gives another size for an element than its type has");
        if (bytes > MaximumChunkBytes) throw layout.Malformed($"gives chunks of {bytes} bytes; at most {MaximumChunkBytes} are read");
        if (tree == HdfInput.Undefined) throw input.Malformed(from, $"{what} was never written");

        HdfChunks chunks = new(info, shape, (int)bytes, HdfFilters.Parse(pipeline, elementBytes, what, input));
        Int128 expected = 1;
        for (var i = 0; i < rank; i++) expected *= (info.Shape[i] + shape[i] - 1) / shape[i];
        long stored = 0;
        HashSet<Int128> seen = [];
        foreach (var (key, address) in HdfTree.Leaves(input, tree, from, HdfTree.OfChunks, 16 + 8 * rank, what))
        {
            var at = key.Position;
            var chunk = chunks.Check(input, key, address, at, seen, what);
            chunks._chunks.Add(chunk);
            if ((stored += chunk.Bytes) > input.FileBytes) throw input.Malformed(at, $"{what} has chunks that overlap");
        }
        if (chunks._chunks.Count != expected) throw input.Malformed(from, $"{what} has {chunks._chunks.Count} of {expected} chunks");
        return chunks;
    }

    /// <summary>Fills a tensor of the dataset's type and shape, on the CPU.</summary>
    /// <exception cref="WeightsFormatException">A piece cannot be decompressed.</exception>
    public void ReadInto(PositionalFile file, Tensor destination)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var piece = empty(_shape, _info.Type);
        foreach (var chunk in _chunks)
        {
            using var views = NewDisposeScope();
            HdfFilters.Undo(file, chunk.Offset, chunk.Bytes, _filters.Where((_, i) => (chunk.Mask & (1u << i)) == 0),
                SafetensorsTypes.Size(_info.Type), piece.bytes);
            // Pieces at the far edges reach beyond the whole.
            var (to, taken) = (destination.view(destination.shape), piece);
            for (var i = 0; i < _shape.Length; i++)
            {
                var count = Math.Min(_shape[i], _info.Shape[i] - chunk.First[i]);
                to = to.narrow(i, chunk.First[i], count);
                taken = taken.narrow(i, 0, count);
            }
            to.copy_(taken);
        }
    }

    private Chunk Check(HdfInput input, HdfBlock key, ulong address, long at, HashSet<Int128> seen, string what)
    {
        var (bytes, mask) = (key.UInt32(), key.UInt32());
        var first = new long[_shape.Length];
        Int128 number = 0;
        for (var i = 0; i < first.Length; i++)
        {
            var start = key.UInt64();
            if (start % (ulong)_shape[i] != 0 || start >= (ulong)_info.Shape[i]) throw input.Malformed(at, $"a chunk of {what} does not lie in it");
            first[i] = (long)start;
            number = number * _info.Shape[i] + first[i];
        }
        if (!seen.Add(number)) throw input.Malformed(at, $"{what} has a chunk twice");
        input.CheckInside(address, bytes, at, $"a chunk of {what}");
        var packed = _filters.Where((filter, i) => filter == HdfFilter.Deflate && (mask & (1u << i)) == 0).Any();
        if (packed ? bytes * MaximumRatio < _bytes || bytes > 2L * _bytes + 1024 : bytes != _bytes)
            throw input.Malformed(at, $"a chunk of {what} is {bytes} bytes long, which cannot give {_bytes}");
        return new(first, (long)address, (int)bytes, mask);
    }

    /// <param name="First">Its first element in the dataset.</param>
    /// <param name="Offset">Its first byte in the file.</param>
    /// <param name="Bytes">Its length there.</param>
    /// <param name="Mask">Bits of the filters that it did not go through.</param>
    private sealed record Chunk(long[] First, long Offset, int Bytes, uint Mask);
}
