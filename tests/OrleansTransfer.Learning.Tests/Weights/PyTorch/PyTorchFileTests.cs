using OrleansTransfer.Learning.Weights;
using OrleansTransfer.Learning.Weights.PyTorch;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Weights.PyTorch;

/// <summary>Files that PyTorch itself writes, beside safetensors files of the same tensors.</summary>
public sealed class PyTorchFileTests : IDisposable
{
    /// <summary>
    /// Begins every script: write(name, object, tensors) makes name.zip, name.legacy, the same under pickle protocol 4, and name.safetensors.
    /// </summary>
    private const string Prelude = """
        import collections, json, struct, sys, torch
        folder = sys.argv[1]
        names = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64", torch.int32: "I32",
                 torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL"}
        def write(name, what, tensors):
            torch.save(what, f"{folder}/{name}.zip")
            torch.save(what, f"{folder}/{name}.legacy", _use_new_zipfile_serialization=False)
            torch.save(what, f"{folder}/{name}.zip4", pickle_protocol=4)
            torch.save(what, f"{folder}/{name}.legacy4", pickle_protocol=4, _use_new_zipfile_serialization=False)
            header, data = {}, b""
            for key, tensor in tensors.items():
                flat = tensor.detach().contiguous().reshape(-1)
                size = flat.numel() * flat.element_size()
                raw = bytes(flat.view(torch.uint8).tolist()) if size and flat.dtype != torch.bool else bytes(flat.tolist())
                header[key] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
                data += raw
            text = json.dumps(header).encode()
            open(f"{folder}/{name}.safetensors", "wb").write(struct.pack("<Q", len(text)) + text + data)

        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void All_types_shapes_and_views_are_read_as_PyTorch_has_them()
    {
        Write("""
            torch.manual_seed(1)
            base = torch.arange(60.).reshape(3, 4, 5)
            sd = collections.OrderedDict()
            for dtype in names: sd["type." + names[dtype]] = (torch.randn(3, 5) * 50).abs().to(dtype)
            sd["scalar"] = torch.tensor(7)
            sd["empty"] = torch.zeros(0, 4)
            sd["cut to nothing"] = base[:, 2:2]
            sd["parameter"] = torch.nn.Parameter(torch.randn(2, 2))
            sd["shared a"] = base
            sd["shared b"] = base
            sd["offset"] = base[1]
            sd["strided"] = base[:, 1:4:2, ::3]
            sd["permuted"] = base.permute(2, 0, 1)
            sd["channels last"] = torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last)
            sd["expanded"] = torch.tensor([1., 2.]).reshape(2, 1, 1).expand(2, 3, 4)
            sd["masked"] = torch.tensor([[True, False], [False, True]]).t()
            sd["strided half"] = torch.randn(6, 6).half()[::2, 1::2]
            sd["length one"] = torch.randn(8, 4)[:, 2:3].t()
            sd["Straße 漢字"] = torch.ones(1)
            write("all", sd, sd)
            """);
        AssertSame("all", section: null);
    }

    [Fact]
    public void Gaps_and_overlaps_are_copied_into_a_destination_of_another_type_or_layout()
    {
        Write("""
            sd = {"a": torch.arange(12.).reshape(3, 4).t(), "b": torch.arange(12.).reshape(3, 4)}
            write("x", sd, sd)
            """);
        using var scope = NewDisposeScope();
        using var file = WeightFile.Open(_folder["x.zip"]);
        var expected = arange(12.0f).reshape(3, 4);
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64, ScalarType.BFloat16 })
        {
            var (a, b, transposed) = (zeros(4, 3, type), zeros(3, 4, type), zeros(4, 3, type).t());
            file.CopyTo("a", a);
            file.CopyTo("b", b);
            file.CopyTo("b", transposed);
            Assert.Equal(expected.t().to(type).contiguous().bytes, a.bytes);
            Assert.Equal(expected.to(type).bytes, b.bytes);
            Assert.Equal(b.bytes, transposed.contiguous().bytes);
        }
        Assert.Contains("[3,4]", Assert.Throws<LearningException>(() => file.CopyTo("b", zeros(4, 3))).Message);
        Assert.Contains("F32", Assert.Throws<LearningException>(() => file.CopyTo("b", zeros(3, 4, ScalarType.Int64))).Message);
        Assert.Contains("no tensor 'c'", Assert.Throws<LearningException>(() => file.Load("c")).Message);
    }

    [Fact]
    public void A_state_dict_is_found_among_what_training_programs_save_with_it()
    {
        (string Saved, string? Section)[] cases =
        [
            ("""{"epoch": 3, "best": torch.tensor(1.), "state_dict": sd, "model": other, "args": {"lr": .1, "steps": [1, (2, 3)]}}""", "state_dict"),
            ("""{"model": sd, "optimizer": torch.optim.Adam([p]).state_dict(), "name": None, "flag": True}""", "model"),
            ("""{"model": "resnet18", "model_state_dict": sd, "shape": torch.Size([1, 2]), "type": torch.float16}""", "model_state_dict"),
            ("""{"model_ema": other, "ema": other, "model": sd}""", "model"),
            ("""{"ema": other, "model_ema": other, "state_dict_ema": sd}""", "state_dict_ema"),
            ("""{"ema": sd, "updates": 5, "big": 1 << 90}""", "ema"),
            ("""collections.OrderedDict(sd, epoch=7, extra={"a": [1, 2]})""", null),
        ];
        Write("""
            p = torch.nn.Parameter(torch.ones(3))
            p.sum().backward()
            sd, other = torch.nn.BatchNorm2d(3).state_dict(), {"other": torch.zeros(2)}

            """ + string.Concat(cases.Select((one, i) => $"write('{i}', {one.Saved}, sd)\n")));
        for (var i = 0; i < cases.Length; i++) AssertSame($"{i}", cases[i].Section);
    }

    [Fact]
    public void What_holds_no_state_dict_or_more_than_plain_data_is_refused_by_name()
    {
        (string Saved, string Reason)[] cases =
        [
            ("""{"epoch": 3, "encoder": {"a": torch.ones(1)}}""", "its keys are 'epoch', 'encoder'"),
            ("{}", "it is empty"),
            ("torch.ones(3)", "does not hold a dict of tensors"),
            ("[torch.ones(3)]", "does not hold a dict of tensors"),
            ("{1: torch.ones(3)}", "a tensor's key is not a string"),
            ("""{"state_dict": {"a": torch.ones(1)}, "args": argparse.Namespace(lr=.1)}""", "asks for 'argparse.Namespace'"),
            ("""{"state_dict": {"a": torch.ones(1)}, "best": numpy.float64(.5)}""", "asks for 'numpy.core.multiarray.scalar'"),
            ("torch.nn.Linear(2, 2)", "asks for 'torch.nn.modules.linear.Linear'"),
            ("""{"a": torch.quantize_per_tensor(torch.ones(2), 1., 0, torch.qint8)}""", "asks for 'torch._utils._rebuild_qtensor'"),
            ("""{"a": torch.ones(2, dtype=torch.complex64)}""", "asks for 'torch.ComplexFloatStorage'"),
        ];
        Write("import argparse, numpy, warnings\nwarnings.simplefilter('ignore')\n" +
            string.Concat(cases.Select((one, i) => $"write('{i}', {one.Saved}, {{}})\n")));
        for (var i = 0; i < cases.Length; i++)
        {
            foreach (var layout in new[] { "zip", "legacy", "zip4", "legacy4" })
            {
                var error = Assert.Throws<WeightsFormatException>(() => WeightFile.Open(_folder[$"{i}.{layout}"]));
                Assert.Contains(cases[i].Reason, error.Reason);
                if (error.Reason.Contains("asks for")) Assert.Contains("torch.save(model.state_dict(), path)", error.Reason);
            }
        }
    }

    [Fact]
    public void A_TorchScript_program_is_refused_with_a_way_out()
    {
        Write("""torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), f"{folder}/x")""");
        Assert.Contains("torch.jit.load(path).state_dict()", Assert.Throws<WeightsFormatException>(() => WeightFile.Open(_folder["x"])).Reason);
    }

    [Fact]
    public void A_file_that_shrinks_while_open_is_reported()
    {
        Write("""
            sd = {"a": torch.ones(1000), "b": torch.ones(1000)[::2]}
            write("x", sd, sd)
            """);
        using var scope = NewDisposeScope();
        foreach (var layout in new[] { "zip", "legacy" })
        {
            var path = _folder[$"x.{layout}"];
            using var file = WeightFile.Open(path);
            using (var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) stream.SetLength(1000);
            Assert.Contains("bytes early", Assert.Throws<WeightsFormatException>(() => file.Load("b")).Reason);
            Assert.Contains("bytes early", Assert.Throws<WeightsFormatException>(() => file.CopyTo("a", zeros(1000))).Reason);
        }
    }

    [Fact]
    public void Several_threads_read_one_file()
    {
        Write("""
            sd = {f"t{i}": torch.full((300, 40), float(i))[:, : 30 + i % 11] for i in range(40)}
            write("x", sd, sd)
            """);
        using var file = WeightFile.Open(_folder["x.zip"]);
        Parallel.For(0, 400, new() { MaxDegreeOfParallelism = 4, CancellationToken = TestContext.Current.CancellationToken }, i =>
        {
            using var scope = NewDisposeScope();
            Assert.True(file.Load($"t{i % 40}").eq(i % 40).all().ToBoolean());
        });
    }

    [Fact]
    public void Loading_leaves_no_tensor_behind()
    {
        Write("""
            sd = {"a": torch.ones(4, 5).t(), "b": torch.ones(3), "c": torch.ones(3) > 0}
            write("x", sd, sd)
            """);
        using var destination = zeros(5, 4, ScalarType.Float64);
        using var file = WeightFile.Open(_folder["x.zip"]);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        foreach (var name in file.Names) file.Load(name).Dispose();
        file.CopyTo("a", destination);
        Assert.Throws<LearningException>(() => file.CopyTo("b", destination));
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Loading_passes_through_no_buffer()
    {
        Write("""
            sd = {"a": torch.arange(8e6)}
            torch.save(sd, f"{folder}/x.zip")
            torch.save(sd, f"{folder}/x.legacy", _use_new_zipfile_serialization=False)
            """);
        using var destination = zeros(8_000_000);
        foreach (var layout in new[] { "zip", "legacy" })
        {
            destination.zero_();
            var before = GC.GetAllocatedBytesForCurrentThread();
            using (var file = WeightFile.Open(_folder[$"x.{layout}"])) file.CopyTo("a", destination);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
            Assert.Equal(7_999_999, destination[-1].ToSingle());
        }
    }

    private void Write(string script) => Python.Run("torch, numpy", Prelude + script, _folder.Path);

    private void AssertSame(string name, string? section)
    {
        using var expected = SafetensorsFile.Open(_folder[$"{name}.safetensors"]);
        foreach (var layout in new[] { "zip", "legacy", "zip4", "legacy4" })
        {
            using var scope = NewDisposeScope();
            using var file = Assert.IsType<PyTorchFile>(WeightFile.Open(_folder[$"{name}.{layout}"]));
            Assert.Equal(section, file.Section);
            Assert.Equal(expected.Names.Order(), file.Names.Order());
            foreach (var key in file.Names)
            {
                var (info, truth) = (file.Info(key), expected.Info(key));
                Assert.Equal((key, truth.Type), (info.Name, info.Type));
                Assert.Equal(truth.Shape, info.Shape);
                var loaded = file.Load(key);
                Assert.True(loaded.is_contiguous());
                Assert.True(loaded.bytes.SequenceEqual(expected.Load(key).bytes), $"{key} differs in {layout}.");
                var copy = zeros([.. info.Shape], info.Type);
                file.CopyTo(key, copy);
                Assert.True(loaded.bytes.SequenceEqual(copy.bytes), $"{key} is copied differently in {layout}.");
            }
        }
    }
}
