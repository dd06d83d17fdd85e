using System.IO.Compression;
using FsCheck;
using FsCheck.Fluent;
using OrleansTransfer.Learning.Tests.Weights.PyTorch;
using OrleansTransfer.Learning.Weights;
using OrleansTransfer.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Weights;

/// <summary>
/// What every reader of weights owes its caller when a file is damaged, by accident or on purpose: the tensors that the file describes, or one error
/// in words; never another exception, a hang or a crash.
/// </summary>
public sealed class DamagedWeightsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public enum Format { Safetensors, Zip, Zip64, Legacy, Keras, KerasGzip }

    [Theory]
    [InlineData(Format.Safetensors)]
    [InlineData(Format.Zip)]
    [InlineData(Format.Zip64)]
    [InlineData(Format.Legacy)]
    [InlineData(Format.Keras)]
    [InlineData(Format.KerasGzip)]
    public void A_file_cut_at_any_kilobyte_or_anywhere_near_its_ends_is_refused(Format format)
    {
        var whole = Sample(format, elements: 20_000);
        var lengths = Enumerable.Range(0, whole.Length / 1024).Select(kilobyte => kilobyte * 1024)
            .Concat(Enumerable.Range(0, 700)).Concat(Enumerable.Range(whole.Length - 700, 700));
        foreach (var length in lengths.Distinct())
        {
            File.WriteAllBytes(_folder["x"], whole[..length]);
            Assert.Throws<WeightsFormatException>(() => WeightFile.Open(_folder["x"]));
        }
        Assert.Equal(4, Read(whole));
    }

    [Theory]
    [InlineData(Format.Safetensors)]
    [InlineData(Format.Zip)]
    [InlineData(Format.Zip64)]
    [InlineData(Format.Legacy)]
    [InlineData(Format.Keras)]
    [InlineData(Format.KerasGzip)]
    public void Any_bit_that_flips_leaves_a_readable_file_or_one_error(Format format)
    {
        var whole = Sample(format, elements: 3);
        var refused = 0;
        for (var bit = 0; bit < whole.Length * 8; bit++)
        {
            var bytes = whole.ToArray();
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            if (Read(bytes) < 0) refused++;
        }
        Assert.InRange(refused, whole.Length * 2, whole.Length * 8 - 1);
    }

    [Theory]
    [InlineData(Format.Safetensors)]
    [InlineData(Format.Zip)]
    [InlineData(Format.Zip64)]
    [InlineData(Format.Legacy)]
    [InlineData(Format.Keras)]
    [InlineData(Format.KerasGzip)]
    public void Any_mutation_leaves_a_readable_file_or_one_error(Format format)
    {
        var whole = Sample(format, elements: 3);
        var mutations = Gen.Choose(0, 6).SelectMany(_ => Gen.Choose(0, whole.Length - 1), (kind, at) => (kind, at))
            .SelectMany(_ => Gen.Choose(0, whole.Length - 1), (first, other) => (first.kind, first.at, other))
            .SelectMany(_ => Gen.Choose(0, 255), (first, value) => new Mutation(first.kind, first.at, first.other, (byte)value));
        Prop.ForAll(Gen.NonEmptyListOf(mutations).Resize(6).ToArbitrary(), list =>
        {
            IReadOnlyList<byte> bytes = whole;
            foreach (var mutation in list) bytes = mutation.Apply([.. bytes]);
            Read([.. bytes]);
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000).WithReplay(1, 1));
    }

    [Theory]
    [InlineData(Format.Zip)]
    [InlineData(Format.Legacy)]
    public void Any_run_of_instructions_is_a_state_dict_or_one_error(Format format)
    {
        // Runs of known instructions get deeper into the machine than random bytes.
        var instruction = Gen.OneOf(
            Gen.Elements("(", ")", "}", "]", "N", "\u0088", "\u0089", "t", "\u0085", "\u0086", "\u0087", "a", "e", "s", "u", "R", "b", "Q", "\u0094",
                "q\0", "q\u0001", "h\0", "h\u0001", "K\0", "K\u0001", "K\u0003", "J\u00FF\u00FF\u00FF\u00FF", "G\0\0\0\0\0\0\0\0", "\u008A\0"),
            Gen.Elements("ccollections\nOrderedDict\n", "ctorch._utils\n_rebuild_tensor_v2\n", "ctorch._utils\n_rebuild_tensor\n",
                "ctorch._utils\n_rebuild_parameter\n", "ctorch\nSize\n", "ctorch\nFloatStorage\n", "X\u0001\0\0\0t", "X\u0007\0\0\0storage",
                "(X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\00X\u0003\0\0\0cpuK\u0003tQ"),
            Gen.Constant("ctorch._utils\n_rebuild_tensor_v2\n((X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\00X\u0003\0\0\0cpuK\u0003tQ" +
                "K\0K\u0003\u0085K\u0001\u0085\u0089ccollections\nOrderedDict\n)RtR"));
        var opened = 0;
        Prop.ForAll(Gen.ListOf(instruction).Resize(30).ToArbitrary(), program =>
        {
            var pickle = new PickleBuilder().Raw("}X\u0001\0\0\0a").Raw(string.Concat(program)).Raw("s").Stop();
            if (Read(format == Format.Zip
                ? ZipBuilder.Checkpoint(pickle, ("0", new byte[12])).Build()
                : LegacyBuilder.Checkpoint(pickle, ("0", 3, new byte[12]))) >= 0) opened++;
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000).WithReplay(1, 1));
        Assert.NotEqual(0, opened);
    }

    /// <summary>The number of tensors, all of which could be loaded as described, or -1 when the file is refused.</summary>
    private int Read(byte[] bytes)
    {
        File.WriteAllBytes(_folder["x"], bytes);
        using var scope = NewDisposeScope();
        try
        {
            using var file = WeightFile.Open(_folder["x"]);
            foreach (var name in file.Names)
            {
                var info = file.Info(name);
                var tensor = file.Load(name);
                Assert.Equal(info.Type, tensor.dtype);
                Assert.Equal(info.Shape, tensor.shape);
                file.CopyTo(name, tensor);
            }
            return file.Names.Count;
        }
        catch (WeightsFormatException e)
        {
            Assert.InRange(e.Offset, 0, bytes.Length);
            return -1;
        }
    }

    private static byte[] Sample(Format format, int elements)
    {
        if (format == Format.Safetensors)
        {
            using var scope = NewDisposeScope();
            using var stream = new MemoryStream();
            SafetensorsWriter.Write(stream,
                [("weight", ones(elements)), ("half", ones(elements).to(ScalarType.Float16)), ("count", tensor(1L)),
                    ("mask", ones(elements, dtype: ScalarType.Bool))],
                new Dictionary<string, string> { ["format"] = "pt" });
            return stream.ToArray();
        }
        if (format is Format.Keras or Format.KerasGzip) return KerasSample(elements, packed: format == Format.KerasGzip);
        var legacy = format == Format.Legacy;
        var pickle = new PickleBuilder().Global("collections", "OrderedDict").Raw(")R(")
            .Text("weight").Tensor("0", elements, 0, [elements], [1], legacy: legacy)
            .Text("turned").Tensor("0", elements, 1, [2, 1], [1, 2], legacy: legacy)
            .Text("count").Tensor("1", 1, 0, [], [], "LongStorage", legacy)
            .Text("mask").Tensor("2", elements, 0, [elements], [1], "BoolStorage", legacy).Raw("u").Stop();
        var (floats, bools) = (new byte[4 * elements], new byte[elements]);
        if (legacy) return LegacyBuilder.Checkpoint(pickle, ("0", elements, floats), ("1", 1, new byte[8]), ("2", elements, bools));
        var zip = new ZipBuilder { Zip64 = format == Format.Zip64 }.Add(new("x/data.pkl", pickle)).Add(new("x/byteorder", "little"u8.ToArray()))
            .Add(new("x/data/0", floats)).Add(new("x/data/1", new byte[8])).Add(new("x/data/2", bools)).Add(new("x/version", "3\n"u8.ToArray()));
        return zip.Build();
    }

    private static byte[] KerasSample(int elements, bool packed)
    {
        HdfBuilder file = new();
        var weight = packed
            ? file.Chunked(ScalarType.Float32, [elements], [elements], HdfBuilder.Filters((2, 4), (1, 6)), ([0], Deflated(new byte[4 * elements])))
            : file.Dataset(ScalarType.Float32, [elements], new byte[4 * elements]);
        return file.Finish(file.Groups(
            ("a/weight:0", weight), ("a/half:0", file.Dataset(ScalarType.Float16, [1, elements], new byte[2 * elements])),
            ("b/count", file.Dataset(ScalarType.Int64, [], new byte[8])), ("c", file.Dataset(ScalarType.Byte, [elements], new byte[elements]))));
    }

    private static byte[] Deflated(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var zlib = new ZLibStream(stream, CompressionLevel.Optimal)) zlib.Write(bytes);
        return stream.ToArray();
    }

    private sealed record Mutation(int Kind, int At, int Other, byte Value)
    {
        public List<byte> Apply(List<byte> bytes)
        {
            if (bytes.Count == 0) return bytes;
            var (at, other) = (At % bytes.Count, Other % bytes.Count);
            var (low, high) = (Math.Min(at, other), Math.Max(at, other));
            switch (Kind)
            {
                case 0:
                    bytes[at] = Value;
                    break;
                case 1:
                    bytes[at] = Value < 128 ? (byte)0xFF : (byte)0;
                    break;
                case 2:
                    bytes.Insert(at, Value);
                    break;
                case 3:
                    bytes.RemoveAt(at);
                    break;
                case 4:
                    bytes.RemoveRange(high, bytes.Count - high);
                    break;
                case 5:
                    bytes.InsertRange(at, bytes.GetRange(low, Math.Min(high - low, 64)));
                    break;
                default:
                    for (var i = low; i < Math.Min(high, low + 8); i++) bytes[i] = 0xFF;
                    break;
            }
            return bytes;
        }
    }
}
