using System.IO.Compression;
using System.Runtime.InteropServices;
using OrleansTransfer.Learning.Weights;
using OrleansTransfer.Learning.Weights.Keras;
using OrleansTransfer.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Weights.Keras;

public sealed class KerasFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    // What Keras writes: attributes that list layers and weights, beside groups of the same names. Values count up from 0 in the order of the list.
    private const string Script = """
        import sys, h5py, numpy as np
        path, whole, form = sys.argv[1], sys.argv[2] == 'whole', sys.argv[3]
        storage = {'contiguous': {}, 'gzip': dict(chunks=True, compression='gzip'),
                   'shuffled': dict(chunks=(2, 2), shuffle=True, compression='gzip'), 'chunked': dict(chunks=(3, 2))}[form]
        layers = {'layer_%02d' % i: [('kernel:0', (5, 7), 'f4'), ('bias:0', (7,), 'f4')] for i in range(40)}
        layers['pool'] = []
        layers['types'] = [('half', (3, 2), 'f2'), ('double', (3, 2), 'f8'), ('count', (), 'i8'), ('small', (4,), 'u1'), ('none', (0, 3), 'f4')]
        with h5py.File(path, 'w') as file:
            root = file.create_group('model_weights') if whole else file
            if whole:
                file.attrs['model_config'] = '{"class_name": "Functional"}' * 100
                file.create_group('optimizer_weights').create_dataset('iterations:0', data=np.int64(3))
            root.attrs['layer_names'] = [name.encode() for name in layers]
            root.attrs['backend'] = 'tensorflow'
            first = 0
            for layer, weights in layers.items():
                group = root.create_group(layer)
                names = ['%s/%s' % (layer, weight[0]) for weight in weights]
                group.attrs['weight_names'] = [name.encode() for name in names]
                for name, (_, shape, kind) in zip(names, weights):
                    count = int(np.prod(shape))
                    data = (np.arange(count) + first).reshape(shape).astype(kind)
                    group.create_dataset(name, data=data, **(storage if len(shape) == 2 and count else {}))
                    first = (first + count) % 200
        """;

    [Theory]
    [InlineData("weights", "contiguous")]
    [InlineData("weights", "chunked")]
    [InlineData("weights", "shuffled")]
    [InlineData("whole", "contiguous")]
    [InlineData("whole", "gzip")]
    public void What_h5py_writes_is_read_to_the_bit(string kind, string form)
    {
        Python.Run("h5py", Script, _folder["x.h5"], kind, form);
        using var file = WeightFile.Open(_folder["x.h5"]);
        Assert.IsType<KerasFile>(file);
        Assert.Equal(85, file.Names.Count);
        Assert.Equal(ScalarType.Float16, file.Info("types/types/half").Type);
        Assert.Equal(ScalarType.Int64, file.Info("types/types/count").Type);
        long first = 0;
        var layers = Enumerable.Range(0, 40).Select(i => $"layer_{i:00}/layer_{i:00}");
        foreach (var name in layers.SelectMany(layer => new[] { $"{layer}/kernel:0", $"{layer}/bias:0" })
            .Concat(["types/types/half", "types/types/double", "types/types/count", "types/types/small", "types/types/none"]))
        {
            var (tensor, info) = (file.Load(name), file.Info(name));
            Assert.Equal(info.Shape, tensor.shape);
            Assert.Equal(info.Type, tensor.dtype);
            var expected = (arange(tensor.numel()) + first).reshape(tensor.shape).to(tensor.dtype);
            Assert.True(expected.bytes.SequenceEqual(tensor.bytes), name);
            first = (first + tensor.numel()) % 200;
        }
    }

    [Theory]
    [InlineData("libver='latest'", "file['a'] = [1.0]", "Keras 3's .weights.h5")]
    [InlineData("track_order=True", "file['a'] = [1.0]", "Keras 3's .weights.h5")]
    [InlineData("", "file['a'] = h5py.ExternalLink('other.h5', '/a')", "links to other places and files")]
    [InlineData("", "file['a'] = h5py.SoftLink('/b'); file['b'] = [1.0]", "'a' in the root group is a link to another place")]
    [InlineData("", "file.create_dataset('a', (2,), 'f4', external=[('other', 0, 8)])", "data in other files")]
    [InlineData("", "file.create_dataset('a', data=[1.0, 2.0], dtype='>f4')", "little-endian")]
    [InlineData("", "file.create_dataset('a', data=['x'])", "little-endian")]
    [InlineData("", "file.create_dataset('a', (4,), 'f4', chunks=(2,), fletcher32=True)[:] = 1", "filter 3")]
    [InlineData("", "file.create_dataset('a', (4,), 'f4', chunks=(2,))[:1] = 1", "1 of 2 chunks")]
    [InlineData("", "file.create_dataset('a', (4,), 'f4')", "'a' was never written")]
    [InlineData("", "group = file.create_group('a'); group['a'] = group", "overlap or lead back to themselves")]
    public void What_Keras_does_not_write_is_refused_with_the_reason(string options, string statements, string reason)
    {
        Python.Run("h5py", $"import sys, h5py\nwith h5py.File(sys.argv[1], 'w', {options}) as file:\n  {statements}", _folder["x.h5"]);
        var error = Assert.Throws<WeightsFormatException>(() => WeightFile.Open(_folder["x.h5"]));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Chunks_reach_over_the_edges_and_may_skip_a_filter()
    {
        // [3,3] in chunks of [2,2]: the second is stored plain, as its mask says.
        HdfBuilder file = new();
        float[] values = [0, 1, 3, 4, 2, 0, 5, 0, 6, 7, 0, 0, 8, 0, 0, 0];
        var plain = MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
        (long[] First, byte[] Stored)[] chunks =
            [([0, 0], Deflated(plain[..16])), ([0, 2], plain[16..32]), ([2, 0], Deflated(plain[32..48])), ([2, 2], Deflated(plain[48..]))];
        var bytes = file.Finish(file.Groups(("a", file.Chunked(ScalarType.Float32, [3, 3], [2, 2], HdfBuilder.Filters((1, 6)), chunks))));
        bytes[bytes.AsSpan().IndexOf("TREE\u0001"u8) + 24 + 40 + 4] = 1;
        Assert.Equal([0f, 1, 2, 3, 4, 5, 6, 7, 8], Open(bytes).Load("a").data<float>().ToArray());
    }

    [Theory]
    [InlineData(15)]
    [InlineData(17)]
    public void A_chunk_that_inflates_to_another_length_is_damaged(int length)
    {
        HdfBuilder file = new();
        var dataset = file.Chunked(ScalarType.Float32, [4], [4], HdfBuilder.Filters((1, 6)), ([0], Deflated(new byte[length])));
        var bytes = file.Finish(file.Groups(("a", dataset)));
        var opened = Open(bytes);
        Assert.Contains("cannot be decompressed to 16 bytes", Assert.Throws<WeightsFormatException>(() => opened.Load("a")).Message);
    }

    [Fact]
    public void Lying_sizes_are_refused_before_anything_of_their_size_is_allocated()
    {
        var huge = 1L << 40;
        var gzip = HdfBuilder.Filters((1, 6));
        Refused("cannot give", file => file.Chunked(ScalarType.Float32, [1 << 24], [1 << 24], gzip, ([0], Deflated(new byte[64]))));
        Refused("of 1099511627776 chunks", file => file.Chunked(ScalarType.Float32, [huge], [1], null, ([0], new byte[4])));
        Refused("at most", file => file.Chunked(ScalarType.Float32, [huge], [1 << 30], null, ([0], new byte[4])));
        Refused("was never written", file => file.Header((1, HdfBuilder.Shape(huge)), (3, HdfBuilder.Type(ScalarType.Float32)),
            (8, HdfBuilder.Contiguous(HdfBuilder.Undefined, (ulong)huge * 4))));
        Refused("and the file has", file => file.Header((1, HdfBuilder.Shape(huge)), (3, HdfBuilder.Type(ScalarType.Float32)),
            (8, HdfBuilder.Contiguous(96, (ulong)huge * 4))));
        Refused("its shape [3] needs 12", file => file.Dataset(ScalarType.Float32, [3], new byte[8]));
        Refused("overflows 64 bits", file => file.Dataset(ScalarType.Float32, [0, huge, huge], []));
        Refused("33 dimensions", file => file.Dataset(ScalarType.Float32, [.. Enumerable.Repeat(1L, 33)], new byte[4]));
    }

    [Fact]
    public void Chunks_that_share_their_bytes_are_refused()
    {
        Refused("has a chunk twice", file => file.Chunked(ScalarType.Float32, [4], [2], null, ([0], new byte[8]), ([0], new byte[8])));
        Refused("does not lie in it", file => file.Chunked(ScalarType.Float32, [4], [2], null, ([0], new byte[8]), ([4], new byte[8])));
        Refused("does not lie in it", file => file.Chunked(ScalarType.Float32, [4], [2], null, ([0], new byte[8]), ([1], new byte[8])));
        Refused("chunks that overlap", file =>
        {
            var data = file.Append(new byte[1 << 12]);
            var entries = Enumerable.Range(0, 100).Select(i => (HdfBuilder.ChunkKey(1 << 12, i << 10), data)).ToArray();
            return file.Header((1, HdfBuilder.Shape(100 << 10)), (3, HdfBuilder.Type(ScalarType.Float32)),
                (8, HdfBuilder.ChunkLayout(file.Append(HdfBuilder.Tree(1, 0, entries)), 1 << 10, 4)));
        });
    }

    [Fact]
    public void Structures_that_lead_back_to_themselves_end()
    {
        // A header whose continuation is that continuation again, for as many messages as it can announce.
        Refused("overlap or lead back", file =>
        {
            var header = file.Append([]);
            return file.Append([1, 0, 0xFF, 0xFF, 1, 0, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 16, 0, 0, 0, 0, 0,
                .. BitConverter.GetBytes(header + 16), .. BitConverter.GetBytes(24UL)]);
        });

        // A node of a tree that is its own child. Levels fall, so the tree ends; a level that does not fall is refused.
        Refused("level 1 where 0 should be", file =>
        {
            var table = file.SymbolTable(("a", file.Dataset(ScalarType.Float32, [1], new byte[4])));
            var node = file.Append([]);
            file.Append(HdfBuilder.Tree(0, 1, (new byte[8], node)));
            return file.Header((0x11, [.. BitConverter.GetBytes(node), .. table[8..]]));
        });

        // Each group holds the next one twice: two to the power of thirty ways through.
        Refused("overlap or lead back", file =>
        {
            var inner = file.Dataset(ScalarType.Float32, [1], new byte[4]);
            for (var i = 0; i < 30; i++) inner = file.Group(("a", inner), ("b", inner));
            return inner;
        });
        Refused("deeper than 32", file =>
        {
            var inner = file.Dataset(ScalarType.Float32, [1], new byte[4]);
            for (var i = 0; i < 40; i++) inner = file.Group(("a", inner));
            return inner;
        });
    }

    [Fact]
    public void Names_are_what_paths_are_made_of()
    {
        Refused("no name of 1 to 1024 bytes", file => file.Group(("", file.Dataset(ScalarType.Float32, [1], new byte[4]))));
        Refused("no name of 1 to 1024 bytes", file => file.Group((new('x', 1025), file.Dataset(ScalarType.Float32, [1], new byte[4]))));
        Refused("has a slash", file => file.Group(("../x", file.Dataset(ScalarType.Float32, [1], new byte[4]))));
        Refused("two datasets 'x/a'", file =>
        {
            var one = file.Dataset(ScalarType.Float32, [1], new byte[4]);
            return file.Group(("a", one), ("a", file.Dataset(ScalarType.Float32, [1], new byte[4])));
        });
    }

    [Fact]
    public void A_missing_tensor_and_another_shape_are_the_callers_mistakes()
    {
        using var file = Open(HdfBuilder.FileOf(("dense/kernel:0", [2, 3])));
        Assert.Contains("the nearest is 'dense/kernel:0'", Assert.Throws<LearningException>(() => file.Load("dense/kernel")).Message);
        Assert.Contains("[2,3]", Assert.Throws<LearningException>(() => file.CopyTo("dense/kernel:0", zeros(3, 2))).Message);
    }

    private IWeightsFile Open(byte[] bytes)
    {
        File.WriteAllBytes(_folder["x.h5"], bytes);
        return WeightFile.Open(_folder["x.h5"]);
    }

    private void Refused(string reason, Func<HdfBuilder, ulong> build)
    {
        HdfBuilder file = new();
        var bytes = file.Finish(file.Group(("x", build(file))));
        var error = Assert.Throws<WeightsFormatException>(() => Open(bytes));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.InRange(error.Offset, 0, bytes.Length);
    }

    private static byte[] Deflated(ReadOnlySpan<byte> bytes)
    {
        using var stream = new MemoryStream();
        using (var zlib = new ZLibStream(stream, CompressionLevel.Optimal)) zlib.Write(bytes);
        return stream.ToArray();
    }
}
