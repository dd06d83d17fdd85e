using System.IO.Compression;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights.Hdf5;

/// <summary>
/// Numbers of one type in an HDF5 file: in one piece, or in chunks that may be compressed (deflate, with or without shuffled bytes). Where they lie
/// is checked when the dataset is opened.
/// </summary>
internal sealed class Hdf5Dataset
{
    private const int Deflate = 1, Shuffle = 2;
    private const int NodePrefix = 24;
    private const int MaximumLevel = 16;

    // No run of bytes shrinks further under deflate.
    private const long DeflateLimit = 1100;

    private readonly Hdf5Input _input;
    private readonly long _address;
    private readonly ReadOnlyMemory<byte> _compact;
    private readonly long[] _chunkShape = [];
    private readonly List<Chunk> _chunks = [];
    private readonly List<int> _filters = [];

    /// <exception cref="WeightsFormatException">The object is no such dataset, or damaged.</exception>
    public Hdf5Dataset(Hdf5Input input, Hdf5Object source, string name)
    {
        _input = input;
        Hdf5Message Find(Hdf5MessageKind kind) => source.Messages.FirstOrDefault(message => message.Kind == kind)
            ?? throw input.Malformed(0, $"'{name}' is no dataset: its header has no {kind.ToString().ToLowerInvariant()}");
        var (space, type, layout) = (Find(Hdf5MessageKind.Dataspace), Find(Hdf5MessageKind.Datatype), Find(Hdf5MessageKind.Layout));
        if (source.Messages.Any(message => message.Kind == Hdf5MessageKind.ExternalFiles))
            throw input.Malformed(layout.Address, $"the numbers of '{name}' lie in another file, which is not opened");

        var shape = Hdf5Dataspace.Read(input, space.Data.Span, space.Address);
        var datatype = Hdf5Datatype.Read(input, type.Data.Span, type.Address);
        var scalar = (datatype.Class, datatype.Size) switch
        {
            _ when !datatype.IsPlain => (ScalarType?)null,
            (Hdf5TypeClass.Float, 2) => ScalarType.Float16,
            (Hdf5TypeClass.Float, 4) => ScalarType.Float32,
            (Hdf5TypeClass.Float, 8) => ScalarType.Float64,
            (Hdf5TypeClass.Integer, 1) => ScalarType.Int8,
            (Hdf5TypeClass.Integer, 2) => ScalarType.Int16,
            (Hdf5TypeClass.Integer, 4) => ScalarType.Int32,
            (Hdf5TypeClass.Integer, 8) => ScalarType.Int64,
            _ => null,
        };
        if (scalar is null) throw input.Malformed(type.Address, $"'{name}' does not hold little-endian IEEE numbers or signed integers");
        Info = new(name, scalar.Value, shape);
        Bytes = shape.Aggregate(1L, (product, dimension) => product * dimension) * datatype.Size;

        var data = layout.Required(input, 4);
        if (data[0] != 3)
            throw input.Malformed(layout.Address, $"the layout of '{name}' is of version {data[0]}, and this library reads 3, as Keras writes it");
        switch (data[1])
        {
            case 0:
                _compact = layout.Data[4..];
                if (Hdf5Input.U16(data, 2) != Bytes || _compact.Length < Bytes) throw WrongLength(layout.Address, Hdf5Input.U16(data, 2));
                break;
            case 1:
                data = layout.Required(input, 18);
                if (Hdf5Input.U64(data, 10) != (ulong)Bytes) throw WrongLength(layout.Address, Hdf5Input.U64(data, 10));
                // A dataset without elements has no place.
                if (Bytes > 0) input.Require(Hdf5Input.U64(data, 2), (ulong)Bytes, $"the data of '{name}'");
                _address = Bytes > 0 ? (long)Hdf5Input.U64(data, 2) : 0;
                break;
            case 2:
                var rank = data[2] - 1;
                data = layout.Required(input, 11 + 4 * (rank + 1));
                if (rank != shape.Length || rank == 0) throw input.Malformed(layout.Address, $"the chunks of '{name}' have {rank} dimensions");
                _chunkShape = new long[rank];
                for (var i = 0; i < rank; i++)
                {
                    _chunkShape[i] = Hdf5Input.U32(data, 11 + 4 * i);
                    if (_chunkShape[i] == 0) throw input.Malformed(layout.Address, $"the chunks of '{name}' are empty");
                }
                if (Hdf5Input.U32(data, 11 + 4 * rank) != datatype.Size)
                    throw input.Malformed(layout.Address, $"the chunks of '{name}' are of another type");
                if (source.Messages.FirstOrDefault(message => message.Kind == Hdf5MessageKind.Filters) is { } filters) ReadFilters(filters);
                ReadChunks(Hdf5Input.U64(data, 3), layout.Address);
                break;
            default:
                throw input.Malformed(layout.Address, $"the data of '{name}' are laid out in a way that Keras does not use");
        }
    }

    /// <summary>Name, type and shape.</summary>
    public TensorInfo Info { get; }

    /// <summary>Bytes of all elements.</summary>
    public long Bytes { get; }

    /// <summary>Fills a contiguous tensor of the dataset's type and shape.</summary>
    /// <exception cref="WeightsFormatException">The data are damaged, or the file was shortened while in use.</exception>
    public void ReadInto(Tensor tensor)
    {
        if (_chunkShape.Length > 0) ReadChunksInto(tensor);
        else if (!_compact.IsEmpty) TensorMemory.Visit(tensor, (bytes, offset) => _compact.Span.Slice((int)offset, bytes.Length).CopyTo(bytes));
        else TensorMemory.Visit(tensor, (bytes, offset) => _input.File.ReadExactly(bytes, _address + offset));
    }

    private int ElementSize => SafetensorsTypes.Size(Info.Type);

    private WeightsFormatException WrongLength(ulong address, ulong found) =>
        _input.Malformed(address, $"'{Info.Name}' has {found} bytes of data where its shape and type make {Bytes}");

    private void ReadFilters(Hdf5Message message)
    {
        var data = message.Required(_input, 2);
        var (version, count) = (data[0], data[1]);
        var at = version switch
        {
            1 => 8,
            2 => 2,
            _ => throw _input.Malformed(message.Address, $"the filters of '{Info.Name}' are of version {version}"),
        };
        for (var i = 0; i < count; i++)
        {
            if (at + 8 > data.Length) throw _input.Malformed(message.Address, $"the filters of '{Info.Name}' are cut short");
            int filter = Hdf5Input.U16(data, at);
            if (filter is not (Deflate or Shuffle))
                throw _input.Malformed(message.Address, $"'{Info.Name}' is packed by filter {filter}; deflate (1) and shuffle (2) are known");
            _filters.Add(filter);
            // Version 2 leaves out the name of filters that everybody knows; version 1 fills up to a multiple of 8.
            var named = version == 1;
            int nameLength = named ? Hdf5Input.U16(data, at + 2) : 0, values = Hdf5Input.U16(data, at + (named ? 6 : 4));
            at += (named ? 8 + (nameLength + 7) / 8 * 8 : 6) + 4 * (named ? values + values % 2 : values);
        }
        if (_filters.Distinct().Count() != _filters.Count) throw _input.Malformed(message.Address, $"'{Info.Name}' is packed twice in one way");
    }

    private void ReadChunks(ulong tree, ulong layout)
    {
        var expected = 1L;
        for (var i = 0; i < _chunkShape.Length; i++) expected = checked(expected * ((Info.Shape[i] + _chunkShape[i] - 1) / _chunkShape[i]));
        if (Bytes == 0) return;
        if (tree == Hdf5Input.Undefined) throw _input.Malformed(layout, $"'{Info.Name}' has no data");
        ReadChunkTree(tree, MaximumLevel);
        if (_chunks.Count != expected || _chunks.DistinctBy(chunk => string.Join(',', chunk.Origin)).Count() != expected)
            throw _input.Malformed(layout, $"'{Info.Name}' has {_chunks.Count} chunks of {expected}");
        var size = _chunkShape.Aggregate((UInt128)ElementSize, (product, dimension) => product * (ulong)dimension);
        foreach (var chunk in _chunks)
        {
            var packed = IsPacked(chunk);
            if (size > int.MaxValue || (packed ? size > (UInt128)(chunk.Bytes * DeflateLimit) : size != (UInt128)chunk.Bytes))
                throw _input.Malformed((ulong)chunk.Address, $"a chunk of '{Info.Name}' has {chunk.Bytes} bytes, which do not make {size}");
        }
    }

    private bool IsPacked(Chunk chunk) => _filters.IndexOf(Deflate) is >= 0 and var deflate && (chunk.Mask & 1u << deflate) == 0;

    private void ReadChunkTree(ulong address, int above)
    {
        const string what = "the index of chunks";
        var node = _input.Read(address, NodePrefix, what);
        if (!node.AsSpan().StartsWith("TREE"u8) || node[4] != 1) throw _input.Malformed(address, $"{what} is not where it is said to be");
        int level = node[5], children = Hdf5Input.U16(node, 6);
        if (level >= above) throw _input.Malformed(address, $"{what} has a level {level} below a level {above}");
        var keySize = 8 + 8 * (_chunkShape.Length + 1); // size, mask of filters left out, and place, the last number of which is 0
        var entries = _input.Read(address + NodePrefix, children * (keySize + 8), what);
        for (var i = 0; i < children; i++)
        {
            var entry = entries.AsSpan(i * (keySize + 8), keySize + 8);
            var child = Hdf5Input.U64(entry, keySize);
            if (level > 0)
            {
                ReadChunkTree(child, level);
                continue;
            }
            var bytes = Hdf5Input.U32(entry, 0);
            _input.Require(child, bytes, $"a chunk of '{Info.Name}'");
            var origin = new long[_chunkShape.Length];
            for (var d = 0; d < origin.Length; d++)
            {
                var place = Hdf5Input.U64(entry, 8 + 8 * d);
                if (place >= (ulong)Info.Shape[d] || place % (ulong)_chunkShape[d] != 0)
                    throw _input.Malformed(address, $"a chunk of '{Info.Name}' lies outside of its shape");
                origin[d] = (long)place;
            }
            _chunks.Add(new(origin, (long)child, bytes, Hdf5Input.U32(entry, 4)));
        }
    }

    private void ReadChunksInto(Tensor tensor)
    {
        var size = (int)_chunkShape.Aggregate(1L, (product, dimension) => product * dimension) * ElementSize;
        foreach (var chunk in _chunks)
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            var whole = empty(_chunkShape, Info.Type);
            Unpack(chunk, size).CopyTo(whole.bytes);
            var (target, source) = (tensor, whole);
            for (var d = 0; d < _chunkShape.Length; d++)
            {
                // The last chunk in a dimension may reach beyond the end.
                var length = Math.Min(_chunkShape[d], Info.Shape[d] - chunk.Origin[d]);
                (target, source) = (target.narrow(d, chunk.Origin[d], length), source.narrow(d, 0, length));
            }
            target.copy_(source);
        }
    }

    private byte[] Unpack(Chunk chunk, int size)
    {
        var bytes = new byte[chunk.Bytes];
        _input.File.ReadExactly(bytes, chunk.Address);
        // Filters were applied in order when the chunk was written.
        for (var i = _filters.Count - 1; i >= 0; i--)
        {
            if ((chunk.Mask & 1u << i) != 0) continue;
            bytes = _filters[i] == Deflate ? Inflate(chunk, bytes, size) : Unshuffle(bytes);
        }
        return bytes.Length == size ? bytes : throw Damaged(chunk);
    }

    private byte[] Inflate(Chunk chunk, byte[] packed, int size)
    {
        try
        {
            using var stream = new ZLibStream(new MemoryStream(packed), CompressionMode.Decompress);
            var bytes = new byte[size];
            if (stream.ReadAtLeast(bytes, size, throwOnEndOfStream: false) < size || stream.ReadByte() >= 0) throw Damaged(chunk);
            return bytes;
        }
        catch (InvalidDataException)
        {
            throw Damaged(chunk);
        }
    }

    // First all first bytes of the elements, then all second ones, and so on.
    private byte[] Unshuffle(byte[] shuffled)
    {
        int size = ElementSize, count = shuffled.Length / size;
        var bytes = new byte[shuffled.Length];
        for (var b = 0; b < size; b++)
            for (var i = 0; i < count; i++) bytes[i * size + b] = shuffled[b * count + i];
        return bytes;
    }

    private WeightsFormatException Damaged(Chunk chunk) => _input.Malformed((ulong)chunk.Address, $"a chunk of '{Info.Name}' is damaged");

    private sealed record Chunk(long[] Origin, long Address, long Bytes, uint Mask);
}
