using System.Buffers.Binary;
using System.Text;
using OrleansTransfer.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Weights;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_written_is_read_back()
    {
        using var scope = NewDisposeScope();
        (string, Tensor)[] tensors =
        [
            ("a.f64", randn(3, dtype: ScalarType.Float64)), ("b.f32", randn(2, 3)), ("c.f16", randn(5).to(ScalarType.Float16)),
            ("d.bf16", randn(1, 1, 7).to(ScalarType.BFloat16)),
            ("e.i64", tensor(long.MinValue)), ("f.i32", arange(4, dtype: ScalarType.Int32)), ("g.i16", arange(3, dtype: ScalarType.Int16)),
            ("h.i8", arange(-2, 3, dtype: ScalarType.Int8)), ("i.u8", arange(250, 256, dtype: ScalarType.Byte)),
            ("j.bool", tensor(new[] { true, false, true })),
            ("k.empty", zeros(0, 4)), ("Straße \"<\\>\" \u0001 漢字 😀", ones(1)), ("", ones(1)), ("transposed", randn(4, 5).t()),
        ];
        SafetensorsWriter.Write(_folder["x"], tensors, new Dictionary<string, string> { ["z"] = "2", ["a\n"] = "é" });

        using var file = SafetensorsFile.Open(_folder["x"]);
        Assert.Equal(tensors.Length, file.Names.Count);
        Assert.Equal("2", file.Metadata["z"]);
        Assert.Equal("é", file.Metadata["a\n"]);
        foreach (var (name, tensor) in tensors)
        {
            var info = file.Info(name);
            Assert.Equal((tensor.dtype, 0L), (info.Type, info.Offset % tensor.element_size()));
            Assert.Equal(tensor.shape, info.Shape);
            var loaded = file.Load(name);
            Assert.Equal(tensor.contiguous().bytes, loaded.bytes);
            Assert.Equal(tensor.shape, loaded.shape);
        }
    }

    [Fact]
    public void The_bytes_do_not_depend_on_the_order_of_writing()
    {
        using var scope = NewDisposeScope();
        (string, Tensor)[] tensors = [("b", ones(3)), ("a", zeros(2, dtype: ScalarType.Int64)), ("c", ones(1, dtype: ScalarType.Byte)),
            ("d", ones(2))];
        var metadata = new Dictionary<string, string> { ["x"] = "1", ["y"] = "2" };
        SafetensorsWriter.Write(_folder["x"], tensors, metadata);
        SafetensorsWriter.Write(_folder["y"], tensors.Reverse(), metadata.Reverse().ToDictionary());
        Assert.Equal(File.ReadAllBytes(_folder["x"]), File.ReadAllBytes(_folder["y"]));
        Assert.Equal(WeightFile.Sha256(_folder["x"]), WeightFile.Sha256(_folder["y"]));
        using var file = SafetensorsFile.Open(_folder["x"]);
        Assert.Equal(["a", "b", "d", "c"], file.Names);
        Assert.Equal(0, file.Info("a").Offset % 8);
    }

    [Fact]
    public void A_failed_write_leaves_the_old_file_and_nothing_else()
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(_folder["x"], [("a", ones(1))]);
        var before = File.ReadAllBytes(_folder["x"]);
        var error = Assert.Throws<LearningException>(() =>
            SafetensorsWriter.Write(_folder["x"], [("a", ones(1)), ("c", ones(1, dtype: ScalarType.ComplexFloat32))]));
        Assert.Contains("'c'", error.Message);
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(_folder["x"], [("a", ones(1)), ("a", ones(1))]));
        Assert.Throws<LearningException>(() => SafetensorsWriter.Write(Path.Combine(_folder.Path, "absent", "x"), [("a", ones(1))]));
        Assert.Equal(before, File.ReadAllBytes(_folder["x"]));
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.Float32)]
    public void Copying_converts_to_the_type_of_the_destination(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var values = randn(4, 6).to(type);
        SafetensorsWriter.Write(_folder["x"], [("a", values)]);
        using var file = SafetensorsFile.Open(_folder["x"]);
        var destination = new TorchSharp.Modules.Parameter(zeros(4, 6));
        file.CopyTo("a", destination);
        Assert.Equal(values.to(ScalarType.Float32).bytes, destination.bytes);
        var strided = zeros(6, 4).t();
        file.CopyTo("a", strided);
        Assert.Equal(destination.bytes, strided.contiguous().bytes);
    }

    [Fact]
    public void Copying_never_broadcasts_and_never_changes_the_kind_of_number()
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(_folder["x"], [("a", ones(1, 2)), ("n", ones(2, dtype: ScalarType.Int64))]);
        using var file = SafetensorsFile.Open(_folder["x"]);
        Assert.Contains("[1,2]", Assert.Throws<LearningException>(() => file.CopyTo("a", zeros(2, 2))).Message);
        Assert.Contains("I64", Assert.Throws<LearningException>(() => file.CopyTo("n", zeros(2))).Message);
        Assert.Contains("no tensor 'm'", Assert.Throws<LearningException>(() => file.Load("m")).Message);
    }

    [Fact]
    public void A_file_that_shrinks_while_open_is_reported()
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(_folder["x"], [("a", ones(1000))]);
        using var file = SafetensorsFile.Open(_folder["x"]);
        using (var stream = new FileStream(_folder["x"], FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) stream.SetLength(1000);
        Assert.Contains("bytes early", Assert.Throws<WeightsFormatException>(() => file.Load("a")).Reason);
    }

    [Fact]
    public void What_cannot_be_opened_is_named()
    {
        Assert.Contains("there is no such file", Assert.Throws<LearningException>(() => SafetensorsFile.Open(_folder["absent"])).Message);
        Assert.Contains("it is a folder", Assert.Throws<LearningException>(() => SafetensorsFile.Open(_folder.Path)).Message);
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}""", 8, "not valid JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}x""", 8, "not valid JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],}}""", 8, "not valid JSON")]
    [InlineData("""[{"a":1}]""", 0, "does not begin with '{'")]
    [InlineData(""" {}""", 0, "does not begin with '{'")]
    [InlineData("", 0, "does not begin with '{'")]
    [InlineData("""{"a":7}""", 0, "is not an object")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}}""", 8,
        "the key 'a' occurs twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"\u0061":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}}""", 8,
        "the key 'a' occurs twice")]
    [InlineData("""{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "two members 'dtype'")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}""", 8, "'F8_E4M3', which is none of F64, F32")]
    [InlineData("""{"a":{"dtype":32,"shape":[8],"data_offsets":[0,8]}}""", 8, "not a string")]
    [InlineData("""{"a":{"shape":[8],"data_offsets":[0,8]}}""", 8, "lacks 'dtype'")]
    [InlineData("""{"a":{"dtype":"U8","data_offsets":[0,8]}}""", 8, "lacks 'shape'")]
    [InlineData("""{"a":{"dtype":"U8","shape":[8]}}""", 8, "lacks 'data_offsets'")]
    [InlineData("""{"a":{"dtype":"U8","shape":8,"data_offsets":[0,8]}}""", 8, "is not an array")]
    [InlineData("""{"a":{"dtype":"U8","shape":[-8],"data_offsets":[0,8]}}""", 8, "not a whole number")]
    [InlineData("""{"a":{"dtype":"U8","shape":[8.0],"data_offsets":[0,8]}}""", 8, "not a whole number")]
    [InlineData("""{"a":{"dtype":"U8","shape":[[8]],"data_offsets":[0,8]}}""", 8, "not a whole number")]
    [InlineData("""{"a":{"dtype":"U8","shape":[18446744073709551624],"data_offsets":[0,8]}}""", 8, "not a whole number")]
    [InlineData("""{"a":{"dtype":"F64","shape":[4611686018427387905],"data_offsets":[0,8]}}""", 8, "overflows")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "overflows")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0,9223372036854775807,9223372036854775807],"data_offsets":[0,0]}}""", 0, "overflows")]
    [InlineData("""{"a":{"dtype":"U8","shape":[8],"data_offsets":[8,0]}}""", 8, "before its begin")]
    [InlineData("""{"a":{"dtype":"U8","shape":[8],"data_offsets":[8]}}""", 8, "1 numbers instead of 2")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "needs 12 bytes, its data_offsets span 8")]
    [InlineData("""{"a":{"dtype":"U8","shape":[8],"data_offsets":[8,16]}}""", 16, "hole before it of 8 bytes")]
    [InlineData("""{"a":{"dtype":"U8","shape":[8],"data_offsets":[9223372036854775799,9223372036854775807]}}""", 8, "beyond any file")]
    [InlineData("""{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[8],"data_offsets":[4,12]}}""", 12,
        "overlaps the one before it by 4 bytes")]
    [InlineData("""{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}""", 8,
        "overlaps the one before it by 8 bytes")]
    [InlineData("""{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}""", 5, "the file ends 3 bytes early")]
    [InlineData("""{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}""", 11, "3 bytes follow the last tensor")]
    [InlineData("""{"__metadata__":{"x":1}}""", 0, "is not a string")]
    [InlineData("""{"__metadata__":{"x":"1","x":"2"}}""", 0, "the key 'x' occurs twice")]
    [InlineData("""{"__metadata__":[]}""", 0, "is not an object")]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}""", 8, "not valid Unicode")]
    public void A_malformed_file_is_refused_with_its_reason(string header, int dataBytes, string reason)
    {
        var text = Encoding.UTF8.GetBytes(header);
        var error = Refuse(text.Length, [.. text, .. new byte[dataBytes]]);
        Assert.Contains(reason, error.Reason);
        Assert.InRange(error.Offset, 8, 8 + text.Length + dataBytes);
        Assert.Contains(error.Path, error.Message);
    }

    [Fact]
    public void Too_many_dimensions_and_deep_nesting_are_refused()
    {
        var ones = string.Join(',', Enumerable.Repeat(1, 65));
        byte[] flat = [.. Encoding.UTF8.GetBytes("""{"a":{"dtype":"U8","shape":[""" + ones + """],"data_offsets":[0,1]}}"""), 0];
        Assert.Contains("65 dimensions", Refuse(flat.Length - 1, flat).Reason);
        var deep = Encoding.UTF8.GetBytes("{\"a\":{\"x\":" + new string('[', 100_000));
        Assert.Contains("not valid JSON", Refuse(deep.Length, deep).Reason);
    }

    [Theory]
    [InlineData(ulong.MaxValue, "at most 100000000")]
    [InlineData(1UL << 63, "at most 100000000")]
    [InlineData(100_000_001, "at most 100000000")]
    [InlineData(100_000_000, "99999998 bytes early")]
    public void An_absurd_header_length_is_refused_before_it_is_believed(ulong length, string reason)
    {
        var bytes = new byte[10];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        File.WriteAllBytes(_folder["x"], bytes);
        Assert.Contains(reason, Assert.Throws<WeightsFormatException>(() => SafetensorsFile.Open(_folder["x"])).Reason);
    }

    [Fact]
    public void Invalid_UTF8_is_refused_where_it_stands()
    {
        byte[] text = [.. "{\""u8, 0xFF, .. "\":1}"u8];
        var error = Refuse(text.Length, text);
        Assert.Contains("not valid UTF-8", error.Reason);
        Assert.Equal(10, error.Offset);
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        var whole = Sample();
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(_folder["x"], whole[..length]);
            Assert.Contains("bytes early", Assert.Throws<WeightsFormatException>(() => SafetensorsFile.Open(_folder["x"])).Reason);
        }
    }

    [Fact]
    public void A_header_with_flipped_bits_is_refused_or_read_within_its_bounds()
    {
        var whole = Sample();
        var headerEnd = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(whole);
        var random = new Random(1);
        var refused = 0;
        for (var trial = 0; trial < 3000; trial++)
        {
            var bytes = whole.ToArray();
            for (var flips = random.Next(1, 4); flips > 0; flips--) bytes[random.Next(headerEnd)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(_folder["x"], bytes);
            using var scope = NewDisposeScope();
            try
            {
                // A flip inside a name or between equally wide types leaves a sound file: that one must be readable to the end.
                using var file = SafetensorsFile.Open(_folder["x"]);
                foreach (var name in file.Names) file.Load(name);
            }
            catch (WeightsFormatException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 1500, 2999);
    }

    private byte[] Sample()
    {
        using var scope = NewDisposeScope();
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream,
            [("weight", ones(2, 3)), ("bias", ones(3).to(ScalarType.Float16)), ("count", tensor(1L)), ("mask", ones(3, dtype: ScalarType.Bool))],
            new Dictionary<string, string> { ["format"] = "pt" });
        return stream.ToArray();
    }

    private WeightsFormatException Refuse(int headerBytes, ReadOnlySpan<byte> rest)
    {
        var bytes = new byte[8 + rest.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, headerBytes);
        rest.CopyTo(bytes.AsSpan(8));
        File.WriteAllBytes(_folder["x"], bytes);
        return Assert.Throws<WeightsFormatException>(() => SafetensorsFile.Open(_folder["x"]));
    }
}
