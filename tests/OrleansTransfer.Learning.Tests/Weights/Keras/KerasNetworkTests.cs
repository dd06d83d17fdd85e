using FsCheck;
using FsCheck.Fluent;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights;
using OrleansTransfer.Learning.Weights.Keras;
using OrleansTransfer.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Weights.Keras;

public sealed class KerasNetworkTests : IDisposable
{
    private static readonly Dictionary<string, int[]> s_convolutions = new() { ["vgg16"] = [2, 2, 3, 3, 3], ["vgg19"] = [2, 2, 4, 4, 4] };

    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    public static TheoryData<string, string, string, string[]> Refused => new()
    {
        { "legacy_xception", "cadene", "Xception", ["block1_conv1/kernel:0", "block2_sepconv1/depthwise_kernel:0"] },
        { "mobilenetv1_100", "ra4_e3600_r224_in1k", "MobileNet", ["conv1/kernel:0", "conv_dw_1/depthwise_kernel:0", "conv_pw_13/kernel:0"] },
        { "mobilenet_v2", "imagenet1k_v1", "MobileNetV2", ["expanded_conv_depthwise/depthwise_kernel:0", "block_1_expand/kernel:0"] },
        { "mobilenet_v3_large", "imagenet1k_v1", "MobileNetV3", ["Conv/kernel:0", "expanded_conv_3/squeeze_excite/Conv/bias:0"] },
        { "mobilenet_v3_small", "imagenet1k_v1", "MobileNetV3", ["Conv/kernel:0", "expanded_conv/depthwise/depthwise_kernel:0"] },
        { "resnet50", "imagenet1k_v1", "ResNet50", ["conv1/kernel:0", "res2a_branch2a/kernel:0", "res5c_branch2c/bias:0"] },
        { "resnet50", "imagenet1k_v1", "ResNet50", ["conv1_bn/gamma:0", "conv4_block6_3_conv/kernel:0", "conv5_block3_3_conv/bias:0"] },
        { "resnet101", "imagenet1k_v1", "ResNet101", ["conv1_bn/gamma:0", "conv4_block23_3_conv/kernel:0", "conv5_block3_3_conv/bias:0"] },
        { "resnet152", "imagenet1k_v1", "ResNet152", ["conv1_bn/gamma:0", "conv4_block36_3_conv/kernel:0", "conv5_block3_3_conv/bias:0"] },
        {
            "inception_v3", "imagenet1k_v1", "InceptionV3",
            [.. Enumerable.Range(5, 94).SelectMany(i => new[] { $"conv2d_{i}/kernel:0", $"batch_normalization_{i}/beta:0" })]
        },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_network_that_computes_otherwise_is_refused_with_the_difference_and_a_way_out(
        string architecture, string tag, string network, string[] weights)
    {
        using var file = Open(HdfBuilder.FileOf(weights.Select(weight => ($"{weight[..weight.LastIndexOf('/')]}/{weight}", (long[])[1]))));
        using var model = Backbones.Get(architecture).Create(10);
        var error = Assert.Throws<WeightsMismatchException>(() => StateDict.Load(model, file, new(IgnoreHead: true)));
        Assert.Contains($"x.h5' are Keras' {network}, which ", error.Message);
        Assert.EndsWith($": {architecture} would compute something else; use {architecture}/{tag}.", error.Message);
        Assert.Throws<WeightsMismatchException>(() => StateDict.HeadWidth(model, file));

        using var other = Backbones.Get("squeezenet1_1").Create(10);
        Assert.EndsWith($"are Keras' {network} and do not fit squeezenet1_1.",
            Assert.Throws<WeightsMismatchException>(() => StateDict.Check(other, file, new())).Message);
    }

    [Theory]
    [InlineData("vgg19", "vgg16", "are Keras' VGG19 and do not fit vgg16: they are for vgg19.")]
    [InlineData("vgg16", "vgg19", "are Keras' VGG16 and do not fit vgg19: they are for vgg16.")]
    [InlineData("vgg16", "vgg16_bn", "are Keras' VGG16 and do not fit vgg16_bn: they are for vgg16.")]
    [InlineData("vgg16", "resnet18", "are Keras' VGG16 and do not fit resnet18: they are for vgg16.")]
    public void A_network_is_not_taken_for_another(string inFile, string asked, string message)
    {
        using var file = Vgg(inFile, (layer, role) => $"{layer}/{layer}/{role}:0");
        using var model = Backbones.Get(asked).Create(10);
        Assert.EndsWith(message, Assert.Throws<WeightsMismatchException>(() => StateDict.Check(model, file, new(IgnoreHead: true))).Message);
    }

    [Fact]
    public void Files_of_no_known_network_are_named_by_their_layers()
    {
        using var model = Backbones.Get("squeezenet1_1").Create(10);
        Assert.Contains("its layers are 'dense', 'dense_1')", Why(HdfBuilder.FileOf(("dense/kernel:0", [1]), ("dense_1/kernel:0", [1]))));
        var nine = HdfBuilder.FileOf(Enumerable.Range(0, 9).Select(i => ($"l{i}/kernel:0", (long[])[1])));
        Assert.Contains("its layers are 'l0', 'l1', 'l2', 'l3' and 5 more)", Why(nine));
        Assert.Contains("no layers of Keras", Why(HdfBuilder.FileOf(("data", [1]))));
        Assert.Contains("vgg16 and vgg19 can be loaded", Why(HdfBuilder.FileOf(("dense/kernel:0", [1]))));

        string Why(byte[] bytes)
        {
            using var file = Open(bytes);
            return Assert.Throws<WeightsMismatchException>(() => StateDict.Check(model, file, new())).Message;
        }
    }

    public static TheoryData<string, string> Namings => new()
    {
        { "vgg16", "{0}/{0}_{2}_1:0" }, // 2016
        { "vgg19", "{0}/{0}_{2}_1:0" },
        { "vgg16", "{0}/{0}/{1}:0" }, // Keras 2
        { "vgg16", "{0}/{0}_1/{1}:0" }, // the second network of a TensorFlow 1 session
        { "vgg19", "{0}/{0}/{1}" }, // Keras 3
        { "vgg16", "model_weights/vgg16/{0}/{1}:0" }, // a network in another one
        { "vgg19", "model_weights/{0}/{0}/{1}:0" },
    };

    [Theory]
    [MemberData(nameof(Namings))]
    public void Every_way_that_Keras_names_weights_is_understood(string architecture, string naming)
    {
        using var file = Vgg(architecture, (layer, role) => string.Format(naming, layer, role, role == "kernel" ? 'W' : 'b'));
        using var model = Backbones.Get(architecture).Create(1000);
        Assert.Equal(model.state_dict().Keys.Order(), StateDict.Check(model, file, new()).Loaded.Order());
        Assert.Equal(1000, StateDict.HeadWidth(model, file));
    }

    [Fact]
    public void A_head_of_another_width_or_none_is_refused_unless_it_is_replaced_anyway()
    {
        using var model = Backbones.Get("vgg16").Create(1000);
        using (var without = Vgg("vgg16", (layer, role) => layer == "predictions" ? null : $"{layer}/{layer}/{role}:0"))
        {
            var error = Assert.Throws<WeightsMismatchException>(() => StateDict.Check(model, without, new()));
            Assert.Equal(["classifier.6.bias", "classifier.6.weight"], error.Missing.Order());
            Assert.Contains("Only the head differs", error.Message);
            Assert.Equal(30, StateDict.Check(model, without, new(IgnoreHead: true)).Loaded.Count);
            Assert.Null(StateDict.HeadWidth(model, without));
        }
        using var own = Vgg("vgg16", (layer, role) => $"{layer}/{layer}/{role}:0", classes: 7);
        Assert.Equal(["classifier.6.bias", "classifier.6.weight"],
            Assert.Throws<WeightsMismatchException>(() => StateDict.Check(model, own, new())).Mismatched.Order());
        Assert.Equal(7, StateDict.HeadWidth(model, own));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_the_wide_layers_the_backbone_is_not_whole(bool ignoreHead)
    {
        using var file = Vgg("vgg16", (layer, role) => layer.StartsWith("block", StringComparison.Ordinal) ? $"{layer}/{layer}/{role}:0" : null);
        using var model = Backbones.Get("vgg16").Create(10);
        Assert.EndsWith("lack the layer fc1, as files with 'notop' in their name do, and vgg16 has fc1 and fc2 in its backbone: " +
            "use the file with the top, vgg16/keras.",
            Assert.Throws<WeightsMismatchException>(() => StateDict.Check(model, file, new(ignoreHead))).Message);
    }

    [Fact]
    public void Layers_besides_the_networks_are_listed_as_the_file_names_them()
    {
        using var file = Vgg("vgg16", (layer, role) => layer == "predictions" ? $"dense/dense/{role}:0" : $"{layer}/{layer}/{role}:0");
        using var model = Backbones.Get("vgg16").Create(1000);
        Assert.Equal(["dense/dense/bias:0", "dense/dense/kernel:0"],
            Assert.Throws<WeightsMismatchException>(() => StateDict.Check(model, file, new(IgnoreHead: true))).Unexpected.Order());
    }

    [Fact]
    public void Theanos_order_of_dimensions_is_refused_by_name()
    {
        using var file = Vgg("vgg16", (layer, role) => $"{layer}/{layer}/{role}:0", theano: true);
        using var model = Backbones.Get("vgg16").Create(1000);
        Assert.Contains("Theano's order", Assert.Throws<WeightsMismatchException>(() => StateDict.Check(model, file, new())).Message);
    }

    [Fact]
    public void A_layer_that_occurs_twice_is_refused()
    {
        using var model = Backbones.Get("vgg16").Create(1000);
        using var two = Open(HdfBuilder.FileOf(VggFromKeras.Prefixes(s_convolutions["vgg16"]).Keys.Select(layer => $"{layer}/{layer}/kernel:0")
            .Append("again/block1_conv1/kernel:0").Select(path => (path, (long[])[1]))));
        Assert.Contains("features.0.weight twice", Assert.Throws<WeightsMismatchException>(() => StateDict.Check(model, two, new())).Message);
    }

    [Fact]
    public void Each_element_goes_where_its_indices_say()
    {
        var sizes = Gen.Choose(1, 6);
        var cases = sizes.SelectMany(_ => sizes, (h, o) => (h, o)).SelectMany(_ => sizes, (first, i) => (first.h, first.o, i));
        Prop.ForAll(cases.ToArbitrary(), size =>
        {
            using var scope = NewDisposeScope();
            var (h, o, i) = size;
            var kernel = rand(h, 3, i, o);
            var ours = Turned("block1_conv1", kernel, zeros(o, i, h, 3));
            for (var n = 0; n < h * 3 * i * o; n++)
            {
                var (y, x, c, k) = (n / (3 * i * o), n / (i * o) % 3, n / o % i, n % o);
                Assert.Equal(kernel[y, x, c, k].item<float>(), ours[k, c, y, x].item<float>());
            }
            var dense = rand(i, o);
            Assert.True(dense.t().contiguous().bytes.SequenceEqual(Turned("fc2", dense, zeros(o, i)).bytes));
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(25).WithReplay(1, 1));
    }

    [Theory]
    [InlineData(false, ScalarType.Float32)]
    [InlineData(false, ScalarType.Float16)]
    [InlineData(true, ScalarType.Float32)]
    public void The_flattened_map_goes_from_channels_last_to_channels_first(bool chunked, ScalarType type)
    {
        const int outputs = 3;
        var rows = arange(49 * 512 * outputs).remainder(2039).reshape(49 * 512, outputs).to(type);
        var ours = Turned("fc1", rows, zeros(outputs, 512 * 49), chunked).data<float>().ToArray();
        var keras = rows.to(ScalarType.Float32).data<float>().ToArray();

        // Row (y 7 + x) 512 + c of Keras' matrix is column c 49 + y 7 + x of ours.
        for (var k = 0; k < outputs; k++)
            for (var position = 0; position < 49; position++)
                for (var c = 0; c < 512; c++)
                    Assert.Equal(keras[(position * 512 + c) * outputs + k], ours[k * 512 * 49 + c * 49 + position]);
    }

    private Tensor Turned(string layer, Tensor weight, Tensor destination, bool chunked = false)
    {
        HdfBuilder builder = new();
        var bytes = weight.contiguous().bytes.ToArray();
        var dataset = chunked
            ? builder.Chunked(weight.dtype, weight.shape, [.. weight.shape.Select(size => (int)size)], null, (new long[weight.dim()], bytes))
            : builder.Dataset(weight.dtype, weight.shape, bytes);
        using var file = Open(builder.Finish(builder.Groups(("kernel", dataset))));
        VggFromKeras.Copy(layer, (KerasFile)file, "kernel", destination);
        return destination;
    }

    private IWeightsFile Open(byte[] bytes)
    {
        File.WriteAllBytes(_folder["x.h5"], bytes);
        return WeightFile.Open(_folder["x.h5"]);
    }

    /// <summary>
    /// A VGG of full size whose layers share one hole at the end of the file as their data: zeros that take no place on the disk.
    /// </summary>
    /// <param name="architecture">Which.</param>
    /// <param name="path">Names a weight of a layer; null leaves it out.</param>
    /// <param name="classes">Width of the head.</param>
    /// <param name="theano">Turns kernels to <c>[O,I,H,W]</c>.</param>
    private IWeightsFile Vgg(string architecture, Func<string, string, string?> path, int classes = 1000, bool theano = false)
    {
        List<(string Layer, long[] Kernel)> layers = [];
        var input = 3L;
        foreach (var (block, count) in s_convolutions[architecture].Index())
        {
            for (var i = 0; i < count; i++)
            {
                var width = Math.Min(64L << block, 512);
                layers.Add(($"block{block + 1}_conv{i + 1}", theano ? [width, input, 3, 3] : [3, 3, input, width]));
                input = width;
            }
        }
        layers.AddRange([("fc1", [25088, 4096]), ("fc2", [4096, 4096]), ("predictions", [4096, classes])]);
        var hole = 1UL << 16;
        HdfBuilder file = new();
        List<(string, ulong)> datasets = [];
        foreach (var (layer, kernel) in layers)
        {
            Add(path(layer, "kernel"), kernel);
            Add(path(layer, "bias"), [kernel[theano && kernel.Length == 4 ? 0 : ^1]]);
        }
        var bytes = file.Finish(file.Groups([.. datasets]));
        Assert.InRange(bytes.Length, 1, (int)hole);
        File.WriteAllBytes(_folder["x.h5"], bytes);
        using (var stream = File.OpenWrite(_folder["x.h5"])) stream.SetLength((long)hole + 4L * 25088 * 4096);
        return WeightFile.Open(_folder["x.h5"]);

        void Add(string? name, long[] shape)
        {
            if (name is null) return;
            var layout = HdfBuilder.Contiguous(hole, 4 * (ulong)shape.Aggregate((a, b) => a * b));
            datasets.Add((name, file.Header((1, HdfBuilder.Shape(shape)), (3, HdfBuilder.Type(ScalarType.Float32)), (8, layout))));
        }
    }
}
