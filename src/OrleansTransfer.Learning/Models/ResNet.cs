using OrleansTransfer.Learning.Compute;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTransfer.Learning.Models;

/// <summary>
/// Residual networks (He et al., arXiv 1512.03385) in torchvision's form, "v1.5": a bottleneck's stride is on its 3x3 convolution, not on the first
/// 1x1.
/// </summary>
public sealed class ResNet : Classifier
{
    private const int StemChannels = 64;

    // Below this side of the input, in pixels, the wide 3x3 convolutions of basic blocks see maps too small to be faster with channels last.
    private const int BasicChannelsLastFrom = 112;

    private readonly int _channelsLastFrom;

    // Fields of modules are named as the keys of the state dict: TorchSharp derives the one from the other.
    private readonly Convolution conv1;
    private readonly BatchNormalisation bn1;
    private readonly Sequential layer1, layer2, layer3, layer4;
    private SeededDropout dropout;
    private Linear fc;

    private ResNet(string architecture, IReadOnlyList<int> repeats, Func<int, int, int, ResidualBlock> block, int expansion, int classes)
        : base(architecture)
    {
        _channelsLastFrom = expansion == BasicBlock.Expansion ? BasicChannelsLastFrom : 0;
        conv1 = new Convolution(3, StemChannels, 7, stride: 2, padding: 3, bias: false);
        bn1 = new BatchNormalisation(StemChannels);
        layer1 = Layer(StemChannels, 64, repeats[0], 1);
        layer2 = Layer(64 * expansion, 128, repeats[1], 2);
        layer3 = Layer(128 * expansion, 256, repeats[2], 2);
        layer4 = Layer(256 * expansion, 512, repeats[3], 2);
        FeatureWidth = 512 * expansion;
        // The original has no dropout. It stands beside fc and not in front of it in one sequence, because fc must keep its keys.
        dropout = new SeededDropout(0);
        fc = Linear(FeatureWidth, classes);
        Classes = classes;
        RegisterComponents();

        Sequential Layer(int input, int width, int count, int stride) =>
            Sequential(Enumerable.Range(0, count)
                .Select(i => ($"{i}", (Module<Tensor, Tensor>)block(i == 0 ? input : width * expansion, width, i == 0 ? stride : 1))));
    }

    /// <summary>A network of two-convolution blocks: ResNet-18 and ResNet-34.</summary>
    /// <param name="architecture">Catalogue name.</param>
    /// <param name="repeats">Blocks in each of the four layers.</param>
    /// <param name="classes">Width of the logits.</param>
    public static ResNet Basic(string architecture, IReadOnlyList<int> repeats, int classes) =>
        new(architecture, repeats, (input, width, stride) => new BasicBlock(input, width, stride), BasicBlock.Expansion, classes);

    /// <summary>A network of bottleneck blocks: ResNet-50 and deeper.</summary>
    /// <inheritdoc cref="Basic" path="/param"/>
    public static ResNet Bottlenecked(string architecture, IReadOnlyList<int> repeats, int classes) =>
        new(architecture, repeats, (input, width, stride) => new Bottleneck(input, width, stride), Bottleneck.Expansion, classes);

    /// <inheritdoc/>
    public override IReadOnlyList<Stage> Stages { get; } =
    [
        new("stem", [nameof(conv1), nameof(bn1)]), new(nameof(layer1), [nameof(layer1)]), new(nameof(layer2), [nameof(layer2)]),
        new(nameof(layer3), [nameof(layer3)]), new(nameof(layer4), [nameof(layer4)]),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> HeadPrefixes { get; } = [nameof(fc)];

    /// <inheritdoc/>
    public override int FeatureWidth { get; }

    /// <inheritdoc/>
    public override int Classes { get; protected set; }

    /// <inheritdoc/>
    protected override Tensor Logits(Tensor features)
    {
        using var scope = NewDisposeScope();
        return fc.call(dropout.call(features)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Features(Tensor input)
    {
        using var scope = NewDisposeScope();
        var stem = bn1.call(conv1.call(MemoryLayout.Arrange(input))).relu_(); // [N,64,H/2,W/2]
        var x = functional.max_pool2d(stem, 3, 2, 1); // [N,64,H/4,W/4]
        // The pool compares number by number where channels come first: at 64 pixels that takes a twentieth of a step.
        if (Math.Min(input.shape[2], input.shape[3]) < _channelsLastFrom) x = x.contiguous();
        x = layer4.call(layer3.call(layer2.call(layer1.call(x)))); // [N,F,H/32,W/32]
        return functional.adaptive_avg_pool2d(x, 1).flatten(1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void ReplaceHead(int classes, double dropout, long seed)
    {
        this.dropout = Replace(this, nameof(this.dropout), this.dropout, new SeededDropout(dropout));
        fc = Replace(this, nameof(fc), fc, Linear(FeatureWidth, classes));
        Classes = classes;
        using var generator = new Generator((ulong)seed);
        Initializers.Linear(fc, generator);
    }

    /// <inheritdoc/>
    public override void Initialize(long seed)
    {
        using var generator = new Generator((ulong)seed);
        foreach (var convolution in modules().OfType<Convolution>()) Initializers.KaimingNormalFanOut(convolution.Weight, generator);
        foreach (var norm in modules().OfType<BatchNormalisation>()) Initializers.Identity(norm);
        Initializers.Linear(fc, generator);
    }

    /// <summary>A convolutional branch and a shortcut around it, which is a 1x1 convolution with the branch's stride where shapes differ.</summary>
    private abstract class ResidualBlock(string name) : Module<Tensor, Tensor>(name)
    {
        protected abstract Tensor Branch(Tensor input);

        protected abstract Sequential? Shortcut { get; }

        public sealed override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var output = Branch(input);
            return TensorArithmetic.Add(output, Shortcut is { } shortcut ? shortcut.call(input) : input).relu_().MoveToOuterDisposeScope();
        }

        protected static Sequential? Downsample(int input, int output, int stride) => stride == 1 && input == output
            ? null
            : Sequential(("0", new Convolution(input, output, 1, stride, bias: false)), ("1", new BatchNormalisation(output)));
    }

    private sealed class BasicBlock : ResidualBlock
    {
        public const int Expansion = 1;

        private readonly Convolution conv1, conv2;
        private readonly BatchNormalisation bn1, bn2;
        private readonly Sequential? downsample;

        public BasicBlock(int input, int width, int stride) : base(nameof(BasicBlock))
        {
            (conv1, bn1) = (new Convolution(input, width, 3, stride, padding: 1, bias: false), new BatchNormalisation(width));
            (conv2, bn2) = (new Convolution(width, width, 3, padding: 1, bias: false), new BatchNormalisation(width));
            downsample = Downsample(input, width, stride);
            RegisterComponents();
        }

        protected override Sequential? Shortcut => downsample;

        protected override Tensor Branch(Tensor input) => bn2.call(conv2.call(bn1.call(conv1.call(input)).relu_()));
    }

    private sealed class Bottleneck : ResidualBlock
    {
        public const int Expansion = 4;

        private readonly Convolution conv1, conv2, conv3;
        private readonly BatchNormalisation bn1, bn2, bn3;
        private readonly Sequential? downsample;

        public Bottleneck(int input, int width, int stride) : base(nameof(Bottleneck))
        {
            var output = width * Expansion;
            (conv1, bn1) = (new Convolution(input, width, 1, bias: false), new BatchNormalisation(width));
            (conv2, bn2) = (new Convolution(width, width, 3, stride, padding: 1, bias: false), new BatchNormalisation(width));
            (conv3, bn3) = (new Convolution(width, output, 1, bias: false), new BatchNormalisation(output));
            downsample = Downsample(input, output, stride);
            RegisterComponents();
        }

        protected override Sequential? Shortcut => downsample;

        protected override Tensor Branch(Tensor input)
        {
            var x = bn1.call(conv1.call(input)).relu_();
            x = bn2.call(conv2.call(x)).relu_();
            return bn3.call(conv3.call(x));
        }
    }
}
