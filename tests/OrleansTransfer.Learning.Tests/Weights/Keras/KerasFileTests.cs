using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights;
using OrleansTransfer.Learning.Weights.Keras;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Weights.Keras;

public sealed class KerasFileTests : IDisposable
{
    // Writes a small file as h5py does, in the way the arguments say, and beside it what is in it.
    private const string WriteSmall = """
        import h5py, numpy as np, sys
        path, where, packing, texts = sys.argv[1:]
        keys = {"plain": {}, "gzip": {"chunks": (2, 3, 2, 3), "compression": "gzip"},
                "shuffled": {"chunks": (3, 3, 3, 4), "compression": "gzip", "shuffle": True}, "chunked": {"chunks": (1, 2, 3, 4)}}
        as_text = (lambda names: [n.encode() for n in names]) if texts == "fixed" else (lambda names: np.array(names, dtype=h5py.string_dtype()))
        with h5py.File(path, "w") as f:
            root = f.create_group("model_weights") if where == "model" else f
            names = ["input_1"] + [f"conv{i}" for i in range(40)] + ["dense"]
            root.attrs["layer_names"] = as_text(names)
            root.attrs["keras_version"] = b"2.1.0"
            for i, name in enumerate(names):
                g = root.create_group(name)
                if name == "input_1":
                    g.attrs["weight_names"] = []
                    continue
                weights = [f"{name}/kernel:0", f"{name}/bias:0"] if where == "model" else [f"{name}_W_1:0", f"{name}_b_1:0"]
                g.attrs["weight_names"] = as_text(weights)
                g.create_dataset(weights[0], data=(np.arange(108, dtype=np.float32) + 1000 * i).reshape(3, 3, 3, 4), **keys[packing])
                g.create_dataset(weights[1], data=np.arange(4, dtype=np.float16 if name == "dense" else np.float32) - i)
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("weights", "plain", "fixed")]
    [InlineData("weights", "plain", "variable")]
    [InlineData("model", "plain", "fixed")]
    [InlineData("model", "chunked", "variable")]
    [InlineData("weights", "gzip", "fixed")]
    [InlineData("weights", "shuffled", "fixed")]
    public void Reads_what_h5py_writes(string where, string packing, string texts)
    {
        Python.Run("h5py", WriteSmall, _folder["x.h5"], where, packing, texts);
        using var scope = NewDisposeScope();
        using var file = WeightFile.Open(_folder["x.h5"]);
        Assert.Equal(82, file.Names.Count);
        foreach (var (i, layer) in Enumerable.Range(0, 40).Select(i => $"conv{i}").Append("dense").Index())
        {
            var (kernel, bias) = where == "model"
                ? ($"{layer}/{layer}/kernel:0", $"{layer}/{layer}/bias:0")
                : ($"{layer}/{layer}_W_1:0", $"{layer}/{layer}_b_1:0");
            Assert.Equal([3L, 3, 3, 4], file.Info(kernel).Shape);
            Assert.Equal(Enumerable.Range(0, 108).Select(n => n + 1000f * (i + 1)), file.Load(kernel).data<float>().ToArray());
            Assert.Equal(layer == "dense" ? ScalarType.Float16 : ScalarType.Float32, file.Info(bias).Type);
            Assert.Equal(Enumerable.Range(0, 4).Select(n => n - (i + 1f)), file.Load(bias).to(ScalarType.Float32).data<float>().ToArray());
        }
    }

    [Theory]
    [InlineData("latest")]
    [InlineData("external")]
    [InlineData("soft")]
    [InlineData("elsewhere")]
    [InlineData("compound")]
    [InlineData("big-endian")]
    [InlineData("lzf")]
    [InlineData("nothing of Keras")]
    public void What_Keras_does_not_write_is_refused(string kind)
    {
        Python.Run("h5py", """
            import h5py, numpy as np, os, sys
            path, kind = sys.argv[1:]
            with h5py.File(path + ".other", "w") as f: f["kernel"] = np.zeros(3, np.float32)
            open(path + ".raw", "wb").write(bytes(12))
            with h5py.File(path, "w", libver="latest" if kind == "latest" else "earliest") as f:
                if kind == "nothing of Keras": f["data"] = np.zeros(3); sys.exit()
                f.attrs["layer_names"] = [b"dense"]
                g = f.create_group("dense")
                g.attrs["weight_names"] = [b"kernel"]
                if kind == "external": g["kernel"] = h5py.ExternalLink(path + ".other", "/kernel")
                elif kind == "soft": f["aside"] = np.zeros(3, np.float32); g["kernel"] = h5py.SoftLink("/aside")
                elif kind == "elsewhere": g.create_dataset("kernel", (3,), np.float32, external=[(path + ".raw", 0, 12)])
                elif kind == "compound": g.create_dataset("kernel", (3,), np.dtype([("a", "f4"), ("b", "i4")]))
                elif kind == "big-endian": g.create_dataset("kernel", (3,), ">f4", data=np.zeros(3))
                elif kind == "lzf": g.create_dataset("kernel", (3,), "f4", chunks=(3,), compression="lzf")
                else: g["kernel"] = np.zeros(3, np.float32)
            """, _folder["x.h5"], kind);
        Assert.Throws<WeightsFormatException>(() => WeightFile.Open(_folder["x.h5"]));
    }

    [Fact]
    public void Vgg_of_Keras_is_that_of_torchvision()
    {
        Python.Run("h5py", """
            import h5py, numpy as np, sys
            path, kernel = sys.argv[1], "W_1:0"
            blocks, widths = [2, 2, 3, 3, 3], [64, 128, 256, 512, 512]
            layers, channels = [], 3
            for b, (count, width) in enumerate(zip(blocks, widths)):
                for c in range(count):
                    layers.append((f"block{b + 1}_conv{c + 1}", (3, 3, channels, width))); channels = width
            layers += [("fc1", (25088, 4096)), ("fc2", (4096, 4096)), ("predictions", (4096, 5))]
            bias = "b_1:0"
            with h5py.File(path, "w") as f:
                f.attrs["layer_names"] = [n.encode() for n, _ in layers] + [b"flatten"]
                f.create_group("flatten").attrs["weight_names"] = []
                for i, (name, shape) in enumerate(layers):
                    g = f.create_group(name)
                    names = [f"{name}_{kernel}", f"{name}_{bias}"]
                    g.attrs["weight_names"] = [n.encode() for n in names]
                    # As torchvision would number its own layout, so that the place of every number can be told.
                    total = int(np.prod(shape))
                    if len(shape) == 4: own = np.arange(total, dtype=np.float32).reshape(shape[3], shape[2], 3, 3).transpose(2, 3, 1, 0)
                    elif name == "fc1": own = np.arange(total, dtype=np.float32).reshape(4096, 512, 7, 7).transpose(2, 3, 1, 0).reshape(shape)
                    else: own = np.arange(total, dtype=np.float32).reshape(shape[1], shape[0]).T
                    g[names[0]] = np.ascontiguousarray(own) + np.float32(i)
                    g[names[1]] = np.arange(shape[-1], dtype=np.float32) - np.float32(i)
            """, _folder["x.h5"]);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var file = WeightFile.Open(_folder["x.h5"]);
        using var model = Backbones.Get("vgg16").Create(5);
        var report = StateDict.Load(model, file, new LoadOptions());
        Assert.Equal(model.state_dict().Count, report.Loaded.Count);
        Assert.Equal(5, StateDict.HeadWidth(model, file));
        var layer = 0;
        foreach (var (key, tensor) in model.state_dict())
        {
            var numbers = arange(tensor.numel(), ScalarType.Float32).view(tensor.shape);
            Assert.True(tensor.equal(key.EndsWith(".weight", StringComparison.Ordinal) ? numbers + layer : numbers - layer).all().ToBoolean(), key);
            if (key.EndsWith(".bias", StringComparison.Ordinal)) layer++;
        }

        foreach (var name in new[] { "vgg19", "vgg16_bn", "resnet18" })
        {
            using var other = Backbones.Get(name).Create(5);
            Assert.Contains($"holds vgg16, not {name}", Refusal(other, file));
        }
    }

    [Fact]
    public void Vgg_without_its_top_lacks_wide_layers_of_the_backbone_too()
    {
        var builder = new Hdf5Builder();
        int[] blocks = [2, 2, 3, 3, 3], widths = [64, 128, 256, 512, 512];
        string[] layers = [.. blocks.Index().SelectMany(block => Enumerable.Range(1, block.Item).Select(c => $"block{block.Index + 1}_conv{c}"))];
        var channels = 3;
        List<(string, ulong)> groups = [];
        foreach (var layer in layers)
        {
            var width = widths[layer[5] - '1'];
            groups.Add((layer, builder.Group(
                "weight_names", ["kernel:0", "bias:0"],
                ("kernel:0", builder.Contiguous(new float[9 * channels * width], 3, 3, channels, width)),
                ("bias:0", builder.Contiguous(new float[width], width)))));
            channels = width;
        }
        File.WriteAllBytes(_folder["x.h5"], builder.Build(builder.Group("layer_names", layers, [.. groups])));
        using var scope = NewDisposeScope();
        using var file = WeightFile.Open(_folder["x.h5"]);
        using var model = Backbones.Get("vgg16").Create(5);
        // The wide layers belong to the backbone, and nothing is left as it happened to be.
        var refused = Assert.Throws<WeightsMismatchException>(() => StateDict.Load(model, file, new LoadOptions(IgnoreHead: true)));
        Assert.Contains("classifier.0.weight", refused.Message);
    }

    [Theory]
    [InlineData("mobilenetv1_100", "conv1,conv_dw_1,conv_pw_1,conv_preds", "pad at the bottom and right only", "mobilenetv1_100/ra4_e3600_r224_in1k")]
    [InlineData("mobilenet_v2", "Conv1,expanded_conv_depthwise,block_1_expand,Conv_1,Logits", "pad at the bottom", "mobilenet_v2/imagenet1k_v1")]
    [InlineData("mobilenet_v3_large", "Conv,expanded_conv/depthwise,logits", "pad at the bottom", "mobilenet_v3_large/imagenet1k_v1")]
    [InlineData("resnet50", "conv1,res2a_branch2a,fc1000", "takes its stride in its first convolution", "resnet50/imagenet1k_v1")]
    [InlineData("legacy_xception", "block1_conv1,block2_sepconv1,predictions", "1e-3 in place of 1e-5", "legacy_xception/cadene")]
    [InlineData("vgg16", "dense_1,dense_2", "of no network known here (dense_1, dense_2", "")]
    public void Networks_that_Keras_computes_otherwise_are_refused_with_the_difference(
        string architecture, string layers, string difference, string instead)
    {
        var builder = new Hdf5Builder();
        var names = layers.Split(',');
        // A layer's name may hold a slash; its group then lies in another.
        var groups = names.Select(name => (Path: name.Split('/'), Group: builder.Group(
            "weight_names", ["kernel:0"], ("kernel:0", builder.Contiguous([1, 2, 3], 3))))).ToList();
        var children = groups.Select(group => (group.Path[0], group.Path.Length == 1
            ? group.Group
            : builder.Group("nothing", ["x"], (group.Path[1], group.Group)))).ToArray();
        File.WriteAllBytes(_folder["x.h5"], builder.Build(builder.Group("layer_names", names, children)));
        using var file = WeightFile.Open(_folder["x.h5"]);
        using var model = Backbones.Get(architecture).Create(5);
        var message = Refusal(model, file);
        Assert.Contains(difference, message);
        Assert.Contains(instead, message);
    }

    [Fact]
    public void Inception_is_known_by_the_number_of_its_layers()
    {
        var builder = new Hdf5Builder();
        string[] names = [.. Enumerable.Range(1, 94).Select(i => $"conv2d_{i}"), .. Enumerable.Range(1, 94).Select(i => $"batch_normalization_{i}")];
        var group = builder.Group("weight_names", ["kernel:0"], ("kernel:0", builder.Contiguous([1, 2, 3], 3)));
        File.WriteAllBytes(_folder["x.h5"], builder.Build(builder.Group("layer_names", names, [.. names.Select(name => (name, group))])));
        using var file = WeightFile.Open(_folder["x.h5"]);
        using var model = Backbones.Get("inception_v3").Create(5);
        Assert.Contains("leaves the padding out of the mean", Refusal(model, file));
    }

    [Fact]
    public void A_group_that_holds_itself_ends_in_an_error()
    {
        // The root's only layer is the root; whatever is looked up in it leads to it again.
        var builder = new Hdf5Builder();
        var weight = builder.Contiguous([1], 1);
        var root = builder.Group("layer_names", ["loop"], ("loop", 0), ("kernel", weight));
        var bytes = builder.Build(root);
        var place = bytes.AsSpan().IndexOf("SNOD"u8) + 8;
        var entry = BitConverter.ToUInt64(bytes, place + 8) == 0 ? place : place + 40;
        BitConverter.GetBytes(root).CopyTo(bytes, entry + 8);
        File.WriteAllBytes(_folder["x.h5"], bytes);
        using var file = WeightFile.Open(_folder["x.h5"]);
        Assert.Empty(file.Names);
    }

    private static string Refusal(ImageClassifier model, IWeightsFile file) =>
        Assert.Throws<KerasMismatchException>(() => StateDict.Load(model, file, new LoadOptions(IgnoreHead: true))).Message;
}
