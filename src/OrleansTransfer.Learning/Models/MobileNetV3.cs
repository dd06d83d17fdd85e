using OrleansTransfer.Learning.Compute;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTransfer.Learning.Models;

/// <summary>
/// MobileNetV3 (Howard et al., arXiv 1905.02244) in torchvision's form. The last linear layer is the head; the one before it belongs to the backbone.
/// </summary>
public sealed class MobileNetV3 : Classifier
{
    private const int StemChannels = 16, LastExpansion = 6;
    internal const double NormEpsilon = 1e-3;

    private const double NormMomentum = 0.01, OriginalDropout = 0.2;

    // Fields of modules are named as the keys of the state dict: TorchSharp derives the one from the other.
    private readonly Sequential features;
    private readonly ClassifierSequence classifier;

    private MobileNetV3(string architecture, IReadOnlyList<Block> blocks, int featureWidth, int classes) : base(architecture)
    {
        List<Module<Tensor, Tensor>> layers = [ConvNorm(3, StemChannels, 3, stride: 2, activation: Hardswish(inplace: true))];
        var width = StemChannels;
        foreach (var block in blocks)
        {
            layers.Add(new InvertedResidual(width, block));
            width = block.Output;
        }
        layers.Add(ConvNorm(width, LastExpansion * width, 1, activation: Hardswish(inplace: true)));
        features = Sequential(layers.Select((layer, i) => ($"{i}", layer)));
        classifier = new ClassifierSequence(
            Linear(LastExpansion * width, featureWidth), Hardswish(inplace: true), new SeededDropout(OriginalDropout), Linear(featureWidth, classes));
        FeatureWidth = featureWidth;
        Classes = classes;
        RegisterComponents();
        Stages = [.. layers.Select((_, i) => new Stage($"features.{i}", [$"features.{i}"])), new("classifier.0", ["classifier.0"])];
    }

    /// <summary>The small network (table 2 of the paper).</summary>
    public static MobileNetV3 Small(int classes) => new("mobilenet_v3_small",
        [
            new(3, 16, 16, true, false, 2), new(3, 72, 24, false, false, 2), new(3, 88, 24, false, false, 1), new(5, 96, 40, true, true, 2),
            new(5, 240, 40, true, true, 1), new(5, 240, 40, true, true, 1), new(5, 120, 48, true, true, 1), new(5, 144, 48, true, true, 1),
            new(5, 288, 96, true, true, 2), new(5, 576, 96, true, true, 1), new(5, 576, 96, true, true, 1),
        ],
        1024, classes);

    /// <summary>The large network (table 1 of the paper).</summary>
    public static MobileNetV3 Large(int classes) => new("mobilenet_v3_large",
        [
            new(3, 16, 16, false, false, 1), new(3, 64, 24, false, false, 2), new(3, 72, 24, false, false, 1), new(5, 72, 40, true, false, 2),
            new(5, 120, 40, true, false, 1), new(5, 120, 40, true, false, 1), new(3, 240, 80, false, true, 2), new(3, 200, 80, false, true, 1),
            new(3, 184, 80, false, true, 1), new(3, 184, 80, false, true, 1), new(3, 480, 112, true, true, 1), new(3, 672, 112, true, true, 1),
            new(5, 672, 160, true, true, 2), new(5, 960, 160, true, true, 1), new(5, 960, 160, true, true, 1),
        ],
        1280, classes);

    /// <inheritdoc/>
    public override IReadOnlyList<Stage> Stages { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> HeadPrefixes { get; } = ["classifier.3"];

    /// <inheritdoc/>
    public override int FeatureWidth { get; }

    /// <inheritdoc/>
    public override int Classes { get; protected set; }

    /// <inheritdoc/>
    protected override Tensor Logits(Tensor features) => classifier.Logits(features);

    /// <inheritdoc/>
    public override Tensor Features(Tensor input)
    {
        using var scope = NewDisposeScope();
        return classifier.call(functional.adaptive_avg_pool2d(features.call(MemoryLayout.Arrange(input)), 1).flatten(1)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void ReplaceHead(int classes, double dropout, long seed)
    {
        using var generator = new Generator((ulong)seed);
        classifier.Replace(classes, dropout, generator);
        Classes = classes;
    }

    /// <inheritdoc/>
    public override void Initialize(long seed)
    {
        using var generator = new Generator((ulong)seed);
        foreach (var convolution in features.modules().OfType<Convolution>())
        {
            Initializers.KaimingNormalFanOut(convolution.Weight, generator);
            if (convolution.Bias is { } bias) Initializers.Constant(bias, 0);
        }
        foreach (var norm in features.modules().OfType<BatchNormalisation>()) Initializers.Identity(norm);
        classifier.Initialize(generator);
    }

    private static Sequential ConvNorm(
        int input, int output, int kernel, int stride = 1, int groups = 1, Module<Tensor, Tensor>? activation = null)
    {
        List<(string, Module<Tensor, Tensor>)> layers =
        [
            ("0", new Convolution(input, output, kernel, stride, padding: (kernel - 1) / 2, groups: groups, bias: false)),
            ("1", new BatchNormalisation(output, NormEpsilon, NormMomentum)),
        ];
        if (activation is not null) layers.Add(("2", activation));
        return Sequential(layers);
    }

    /// <summary>A line of the paper's tables.</summary>
    /// <param name="Kernel">Size of the depthwise filter.</param>
    /// <param name="Expanded">Channels inside.</param>
    /// <param name="Output">Channels at the end.</param>
    /// <param name="Squeeze">Whether channels are weighted by what the whole picture shows.</param>
    /// <param name="Swish">Whether the activation is hard-swish; ReLU otherwise.</param>
    /// <param name="Stride">Stride of the depthwise filter.</param>
    private sealed record Block(int Kernel, int Expanded, int Output, bool Squeeze, bool Swish, int Stride);

    /// <summary>Expands the channels, filters and weights each on its own, projects back without an activation; adds its input where shapes
    /// allow.</summary>
    private sealed class InvertedResidual : Module<Tensor, Tensor>
    {
        private readonly Sequential block;
        private readonly bool _adds;

        public InvertedResidual(int input, Block shape) : base(nameof(InvertedResidual))
        {
            List<Module<Tensor, Tensor>> layers = [];
            if (shape.Expanded != input) layers.Add(ConvNorm(input, shape.Expanded, 1, activation: Activation()));
            layers.Add(ConvNorm(shape.Expanded, shape.Expanded, shape.Kernel, shape.Stride, shape.Expanded, Activation()));
            if (shape.Squeeze) layers.Add(new SqueezeExcitation(shape.Expanded));
            layers.Add(ConvNorm(shape.Expanded, shape.Output, 1));
            block = Sequential(layers.Select((layer, i) => ($"{i}", layer)));
            _adds = shape.Stride == 1 && shape.Output == input;
            RegisterComponents();

            Module<Tensor, Tensor> Activation() => shape.Swish ? Hardswish(inplace: true) : ReLU(inplace: true);
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var output = block.call(input);
            return (_adds ? TensorArithmetic.Add(output, input) : output).MoveToOuterDisposeScope();
        }
    }

    /// <summary>Multiplies each channel by a factor from 0 to 1 that depends on the means of all channels (arXiv 1709.01507).</summary>
    private sealed class SqueezeExcitation : Module<Tensor, Tensor>
    {
        private readonly Convolution fc1, fc2;

        public SqueezeExcitation(int channels) : base(nameof(SqueezeExcitation))
        {
            var squeezed = ChannelCounts.Round(channels / 4);
            (fc1, fc2) = (new Convolution(channels, squeezed, 1), new Convolution(squeezed, channels, 1));
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var means = functional.adaptive_avg_pool2d(input, 1); // [N,C,1,1]
            var factors = functional.hardsigmoid(fc2.call(fc1.call(means).relu_()));
            return (input * factors).MoveToOuterDisposeScope();
        }
    }
}
