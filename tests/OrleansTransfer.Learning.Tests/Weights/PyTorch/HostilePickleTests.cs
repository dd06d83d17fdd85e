using OrleansTransfer.Learning.Weights;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Weights.PyTorch;

/// <summary>Pickles that no honest program writes: each is refused in words, whatever the layout around it, and at once.</summary>
public sealed class HostilePickleTests : IDisposable
{
    private const string Millions = "2000000";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("cos\nsystem\nX\u0004\0\0\0echo\u0085R.", "asks for 'os.system'")]
    [InlineData("cposix\nsystem\n(X\u0004\0\0\0echotR.", "asks for 'posix.system'")]
    [InlineData("cbuiltins\neval\n.", "asks for 'builtins.eval'")]
    [InlineData("c__builtin__\nexec\n.", "asks for '__builtin__.exec'")]
    [InlineData("cbuiltins\ngetattr\n.", "asks for 'builtins.getattr'")]
    [InlineData("ctorch\nload\n.", "asks for 'torch.load'")]
    [InlineData("ctorch.serialization\nload\n.", "asks for 'torch.serialization.load'")]
    [InlineData("c_codecs\nencode\n.", "asks for '_codecs.encode'")]
    [InlineData("ccollections\nOrderedDict.__init__\n.", "asks for 'collections.OrderedDict.__init__'")]
    [InlineData("ctorch.storage\nTypedStorage\n.", "asks for 'torch.storage.TypedStorage'")]
    [InlineData("\u008C\u0002os\u008C\u0006system\u0093.", "asks for 'os.system'")]
    [InlineData("\u008C\u0002osK\u0001\u0093.", "name of a global is not a string")]
    [InlineData("(X\u0004\0\0\0echoios\nsystem\n.", "asks for 'os.system'")]
    [InlineData("(ccollections\nOrderedDict\no.", "instruction OBJ")]
    [InlineData("ccollections\nOrderedDict\n)\u0081.", "instruction NEWOBJ")]
    [InlineData("ccollections\nOrderedDict\n)}\u0092.", "instruction NEWOBJEX")]
    [InlineData("\u0082\u0001.", "instruction EXT1")]
    [InlineData("\u0083\u0001\0.", "instruction EXT2")]
    [InlineData("\u0084\u0001\0\0\0.", "instruction EXT4")]
    [InlineData("Pevil\n.", "instruction PERSID")]
    [InlineData("I1\n.", "0x49 is no instruction")]
    [InlineData("\u00FF.", "0xFF is no instruction")]
    [InlineData("\u0080\u0006.", "protocol 6 is unknown")]
    public void Names_and_instructions_beyond_plain_data_are_refused(string pickle, string reason) => Refuse(pickle, reason);

    [Theory]
    [InlineData("X\u0001\0\0\0a)R.", "calls something that is not a known name")]
    [InlineData("ctorch\nSize\nX\u0001\0\0\0aR.", "with something that is no tuple")]
    [InlineData("ctorch\nFloatStorage\nK\u0001\u0085R.", "'torch.FloatStorage' is called with arguments that do not fit")]
    [InlineData("ctorch\nfloat32\n)R.", "'torch.float32' is called with arguments that do not fit")]
    [InlineData("ccollections\nOrderedDict\nK\u0001\u0085R.", "'collections.OrderedDict' is called with")]
    [InlineData("ccollections\nOrderedDict\n]K\u0001a\u0085R.", "no list of pairs")]
    [InlineData("ctorch._utils\n_rebuild_parameter\n}\u0089}\u0087R.", "'torch._utils._rebuild_parameter' is called with")]
    [InlineData("ctorch._utils\n_rebuild_tensor_v2\n)R.", "'torch._utils._rebuild_tensor_v2' is called with")]
    [InlineData("ctorch._utils\n_rebuild_tensor\n(NK\0))tR.", "made of something that is no storage")]
    [InlineData("X\u0001\0\0\0aQ.", "a persistent id is not of the form")]
    [InlineData("(X\u0006\0\0\0moduletQ.", "holds a whole model")]
    [InlineData("]}b.", "sets a member of something that is not a dict")]
    [InlineData("}K\u0001a.", "appends to something that is not a list")]
    [InlineData("](K\u0001K\u0002u.", "sets a member of something that is not a dict")]
    [InlineData("}(K\u0001u.", "a key of a dict has no value")]
    [InlineData("}(K\u0001K\u0001s.", "takes a value that it never gave")]
    [InlineData("e.", "ends a group of values that it never began")]
    [InlineData("}u.", "ends a group of values that it never began")]
    [InlineData("a.", "takes a value that it never gave")]
    [InlineData("q\0.", "takes a value that it never gave")]
    [InlineData("R.", "takes a value that it never gave")]
    [InlineData(".", "leaves 0 values")]
    [InlineData("}}.", "leaves 2 values")]
    [InlineData("}(.", "leaves 1 values")]
    [InlineData("K\u0001q\u0003h\u0002.", "a remembered value 2, which it never remembered")]
    [InlineData("h\0.", "a remembered value 0, which it never remembered")]
    [InlineData("U\u0001\u00FF.", "not valid UTF-8")]
    public void Instructions_that_do_not_fit_together_are_refused(string pickle, string reason) => Refuse(pickle, reason);

    [Theory]
    [InlineData("\u008B\u00FF\u00FF\u00FF\u00FF.", "an integer is said to be 4294967295 bytes long")]
    [InlineData("\u008B\u00FF\u00FF\u00FF\u007F.", "an integer is said to be 2147483647 bytes long")]
    [InlineData("X\u00FF\u00FF\u00FF\u00FF.", "a string is said to be 4294967295 bytes long")]
    [InlineData("T\u0000\u0000\u0000\u0080.", "a string is said to be 2147483648 bytes long")]
    [InlineData("\u008D\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF.", "a string is said to be 18446744073709551615 bytes long")]
    [InlineData("X\u0000\u0000\u000F\u0000.", "early, inside a value of 983040 bytes")]
    [InlineData("K\u0001r\u00FF\u00FF\u00FF\u00FF.", "remembers a value under the number 4294967295")]
    public void A_length_that_lies_is_refused_before_it_is_believed(string pickle, string reason)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refuse(pickle, reason);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Theory]
    [InlineData("", "(", Millions, "", "nested more than 1000 levels deep")]
    [InlineData("", "]", Millions, ".", "stacks more than 1000000 values")]
    [InlineData("", "}0", Millions, ".", "0x30 is no instruction")]
    [InlineData(")", "\u0085", "3000000", ".", "does not hold a dict of tensors")]
    [InlineData("K\u0001", "q\0", "5000000", ".", "more than 4000000 instructions")]
    [InlineData("K\u0001", "\u0094", Millions, ".", "and at most 1000000 are allowed")]
    // Doubles its value each time: a thousand steps describe more tuples than there are atoms.
    [InlineData(")q\0", "h\0h\0\u0086q\0h\0\u0086q\0", "1000", ".", "leaves")]
    [InlineData("]q\0", "h\0a", "1000", ".", "does not hold a dict of tensors")]
    [InlineData("}q\0X\n\0\0\0state_dict", "h\0sX\n\0\0\0state_dict", "1000", "h\0s.", "no tensors at its top level")]
    [InlineData("}", "X\n\0\0\0state_dict}s", "200000", ".", "no tensors at its top level")]
    public void Bombs_are_defused(string begin, string step, string times, string end, string reason)
    {
        var pickle = new PickleBuilder().Raw(begin).Repeat(step, int.Parse(times)).Raw(end).Unfinished();
        Refuse(pickle, reason);
    }

    [Fact]
    public void A_list_that_is_made_into_dicts_over_and_over_is_refused()
    {
        var pickle = new PickleBuilder().Global("collections", "OrderedDict").Raw("q\0]q\u0001(").Repeat("NN\u0086", 4000).Raw("e")
            .Repeat("h\0h\u0001\u0085R", 3000).Stop();
        Refuse(pickle, "more than 4000000 instructions");
    }

    [Theory]
    [InlineData(6, 0, new long[] { 2, 3 }, new long[] { 3, 1 }, null)]
    [InlineData(6, 0, new long[] { 2, 4 }, new long[] { 3, 1 }, "does not lie in its storage of 6 elements")]
    [InlineData(6, 1, new long[] { 2, 3 }, new long[] { 3, 1 }, "does not lie in its storage of 6 elements")]
    [InlineData(6, 6, new long[] { }, new long[] { }, "does not lie in its storage of 6 elements")]
    [InlineData(6, 5, new long[] { }, new long[] { }, null)]
    [InlineData(6, 6, new long[] { 0 }, new long[] { 1 }, null)]
    [InlineData(6, 7, new long[] { 0 }, new long[] { 1 }, "does not lie in its storage of 6 elements")]
    [InlineData(6, -1, new long[] { 2 }, new long[] { 1 }, "does not lie in its storage of 6 elements")]
    [InlineData(6, -1, new long[] { 0 }, new long[] { 1 }, "does not lie in its storage of 6 elements")]
    [InlineData(6, 5, new long[] { 2 }, new long[] { -1 }, "not a whole number from 0 on")]
    [InlineData(6, 0, new long[] { -2 }, new long[] { 1 }, "not a whole number from 0 on")]
    [InlineData(6, 0, new long[] { 2, 3 }, new long[] { 3 }, "2 dimensions and 1 strides")]
    [InlineData(6, long.MaxValue, new long[] { 2 }, new long[] { 1 }, "overflows 64 bits")]
    [InlineData(6, 0, new long[] { 2 }, new long[] { long.MaxValue }, "does not lie in its storage of 6 elements")]
    [InlineData(6, 1, new long[] { 3 }, new long[] { long.MaxValue }, "overflows 64 bits")]
    [InlineData(6, 0, new long[] { 1L << 62, 1L << 62, 4 }, new long[] { 0, 0, 0 }, "overflows 64 bits")]
    [InlineData(6, 0, new long[] { 0, 1L << 62, 4 }, new long[] { 1, 1, 1 }, "overflows 64 bits")]
    [InlineData(6, 0, new long[] { long.MaxValue }, new long[] { 0 }, "overflows 64 bits")]
    [InlineData(6, 0, new long[] { 1L << 40 }, new long[] { 0 }, "repeats the 24 bytes of its storage up to 4398046511104 bytes")]
    [InlineData(6, 0, new long[] { 1, 1, 6 }, new long[] { long.MaxValue, 0, 1 }, null)]
    [InlineData(7, 0, new long[] { 6 }, new long[] { 1 }, "7")]
    [InlineData(5, 0, new long[] { 5 }, new long[] { 1 }, "5")]
    [InlineData(-1, 0, new long[] { 0 }, new long[] { 1 }, "impossible number of elements")]
    [InlineData(long.MaxValue, 0, new long[] { 6 }, new long[] { 1 }, "impossible number of elements")]
    [InlineData(long.MaxValue / 4, 0, new long[] { 6 }, new long[] { 1 }, "needs 9223372036854775804 bytes", "2305843009213693951")]
    public void A_tensor_must_lie_in_its_storage_and_that_in_the_file(long elements, long offset, long[] shape, long[] strides, string? reason,
        string? legacyReason = null)
    {
        var data = new byte[24];
        foreach (var legacy in new[] { false, true })
        {
            var pickle = new PickleBuilder().Raw("}").Text("t").Tensor("0", elements, offset, shape, strides, legacy: legacy).Raw("s").Stop();
            File.WriteAllBytes(_folder["x"],
                legacy ? LegacyBuilder.Checkpoint(pickle, ("0", 6, data)) : ZipBuilder.Checkpoint(pickle, ("0", data)).Build());
            if (reason is not null)
            {
                var error = Assert.Throws<WeightsFormatException>(() => WeightFile.Open(_folder["x"]));
                Assert.Contains(legacy ? legacyReason ?? reason : reason, error.Reason);
                continue;
            }
            using var file = WeightFile.Open(_folder["x"]);
            using var tensor = file.Load("t");
            Assert.Equal(shape, tensor.shape);
        }
    }

    [Fact]
    public void Too_many_dimensions_are_refused()
    {
        long[] ones = [.. Enumerable.Repeat(1L, 65)];
        Refuse(new PickleBuilder().Tensor("0", 1, 0, ones, ones).Stop(), "65 dimensions and 65 strides");
    }

    [Fact]
    public void One_storage_cannot_be_two_things()
    {
        var pickle = new PickleBuilder().Storage("FloatStorage", "0", 2).Storage("IntStorage", "0", 2).Stop();
        Refuse(pickle, "storage '0' is described in two different ways");
    }

    [Fact]
    public void A_key_that_occurs_twice_is_refused()
    {
        var pickle = new PickleBuilder().Raw("}(").Text("t").Tensor("0", 1, 0, [1], [1]).Text("t").Tensor("0", 1, 0, [1], [1]).Raw("u").Stop();
        File.WriteAllBytes(_folder["x"], ZipBuilder.Checkpoint(pickle, ("0", new byte[4])).Build());
        Assert.Contains("the key 't' occurs twice", Assert.Throws<WeightsFormatException>(() => WeightFile.Open(_folder["x"])).Reason);
    }

    [Fact]
    public void A_tensor_whose_values_are_to_be_changed_is_refused()
    {
        var pickle = new PickleBuilder().Global("torch._utils", "_rebuild_tensor_v2").Raw("(").Storage("FloatStorage", "0", 1)
            .Int(0).Ints(1).Ints(1).Raw("\u0089N}").Text("neg").Raw("\u0088stR").Stop();
        Refuse(pickle, "attributes that change its values");
    }

    [Fact]
    public void What_Python_2_wrote_is_read()
    {
        // Its OrderedDict is made of a list of pairs, its strings are bytes, and its storages may be parts of others.
        var pickle = new PickleBuilder().Global("collections", "OrderedDict").Raw("](](U\u0001t")
            .Global("torch._utils", "_rebuild_tensor").Raw("(")
            .Storage("FloatStorage", "7", 4, part: id => id.Raw("(").Text("8").Int(1).Int(3).Raw("t"))
            .Int(1).Ints(2).Ints(1).Raw("tRee\u0085R").Stop();
        var data = new byte[16];
        Buffer.BlockCopy(new[] { 1f, 2f, 3f, 4f }, 0, data, 0, 16);
        File.WriteAllBytes(_folder["x"], LegacyBuilder.Checkpoint(pickle, ("7", 4, data)));
        using var file = WeightFile.Open(_folder["x"]);
        using var tensor = file.Load("t");
        Assert.Equal([3f, 4f], tensor.data<float>().ToArray());
    }

    [Fact]
    public void A_bool_with_odd_bits_becomes_true()
    {
        var pickle = new PickleBuilder().Raw("}").Text("t").Tensor("0", 3, 0, [3], [1], "BoolStorage").Raw("s").Stop();
        File.WriteAllBytes(_folder["x"], ZipBuilder.Checkpoint(pickle, ("0", [0, 7, 255])).Build());
        using var file = WeightFile.Open(_folder["x"]);
        using var tensor = file.Load("t");
        Assert.Equal((ScalarType.Bool, "\0\u0001\u0001"), (tensor.dtype, string.Concat(tensor.bytes.ToArray().Select(b => (char)b))));
    }

    [Fact]
    public void A_name_is_cut_in_the_message_and_its_control_characters_are_hidden()
    {
        var error = Refuse(new PickleBuilder().Text(new string('\u001B', 500)).Text("x").Raw(0x93).Stop(), "asks for '????");
        Assert.InRange(error.Reason.Length, 100, 500);
        Assert.DoesNotContain('\u001B', error.Message);
        Refuse(new PickleBuilder().Raw("c" + new string('a', 300)).Stop(), "a name longer than 256 characters");
    }

    private void Refuse(string pickle, string reason) => Refuse(new PickleBuilder().Raw(pickle).Unfinished(), reason);

    private WeightsFormatException Refuse(byte[] pickle, string reason)
    {
        WeightsFormatException error = null!;
        foreach (var bytes in new[] { ZipBuilder.Checkpoint(pickle).Build(), LegacyBuilder.Checkpoint(pickle) })
        {
            File.WriteAllBytes(_folder["x"], bytes);
            error = Assert.Throws<WeightsFormatException>(() => WeightFile.Open(_folder["x"]));
            Assert.Contains(reason, error.Reason);
            Assert.InRange(error.Offset, 0, bytes.Length);
        }
        return error;
    }
}
