using OrleansTransfer.Learning.Compute;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTransfer.Learning.Models;

/// <summary>Xception (Chollet, arXiv 1610.02357) in the form that timm calls <c>legacy_xception</c>.</summary>
public sealed class Xception : Classifier
{
    private const int MiddleChannels = 728, LastChannels = 2048;

    // Fields of modules are named as the keys of the state dict: TorchSharp derives the one from the other.
    private readonly Convolution conv1, conv2;
    private readonly BatchNormalisation bn1, bn2, bn3, bn4;
    private readonly SeparableConvolution conv3, conv4;
    private readonly IReadOnlyList<Module<Tensor, Tensor>> _blocks;
    private SeededDropout dropout;
    private Linear fc;

    /// <summary>Makes the network with <paramref name="classes"/> logits.</summary>
    public Xception(int classes) : base("legacy_xception")
    {
        (conv1, bn1) = (new Convolution(3, 32, 3, stride: 2, bias: false), new BatchNormalisation(32));
        (conv2, bn2) = (new Convolution(32, 64, 3, bias: false), new BatchNormalisation(64));
        _blocks =
        [
            new Block([(64, 128), (128, 128)], stride: 2, leadingRelu: false), new Block([(128, 256), (256, 256)], stride: 2),
            new Block([(256, MiddleChannels), (MiddleChannels, MiddleChannels)], stride: 2),
            .. Enumerable.Range(0, 8).Select(_ => new Block([.. Enumerable.Repeat((MiddleChannels, MiddleChannels), 3)], stride: 1)),
            new Block([(MiddleChannels, MiddleChannels), (MiddleChannels, 1024)], stride: 2),
        ];
        (conv3, bn3) = (new SeparableConvolution(1024, 1536), new BatchNormalisation(1536));
        (conv4, bn4) = (new SeparableConvolution(1536, LastChannels), new BatchNormalisation(LastChannels));
        // The original has no dropout.
        dropout = new SeededDropout(0);
        fc = Linear(LastChannels, classes);
        Classes = classes;
        for (var i = 0; i < _blocks.Count; i++) register_module($"block{i + 1}", _blocks[i]);
        RegisterComponents();
        Stages =
        [
            new("stem", [nameof(conv1), nameof(bn1), nameof(conv2), nameof(bn2)]),
            .. Enumerable.Range(1, _blocks.Count).Select(i => new Stage($"block{i}", [$"block{i}"])),
            new("exit", [nameof(conv3), nameof(bn3), nameof(conv4), nameof(bn4)]),
        ];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Stage> Stages { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> HeadPrefixes { get; } = [nameof(fc)];

    /// <inheritdoc/>
    public override int FeatureWidth => LastChannels;

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
        var x = bn1.call(conv1.call(MemoryLayout.Arrange(input))).relu_();
        x = bn2.call(conv2.call(x)).relu_(); // [N,64,H/2-3,W/2-3]
        foreach (var block in _blocks) x = block.call(x);
        x = bn3.call(conv3.call(x)).relu_();
        x = bn4.call(conv4.call(x)).relu_(); // [N,2048,H/32,W/32]
        return functional.adaptive_avg_pool2d(x, 1).flatten(1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void ReplaceHead(int classes, double dropout, long seed)
    {
        this.dropout = Replace(this, nameof(this.dropout), this.dropout, new SeededDropout(dropout));
        fc = Replace(this, nameof(fc), fc, Linear(LastChannels, classes));
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

    /// <summary>Filters each channel on its own, then mixes the channels of each pixel, with nothing in between.</summary>
    private sealed class SeparableConvolution : Module<Tensor, Tensor>
    {
        // The depthwise one is called conv1 in the published weights.
        private readonly Convolution conv1, pointwise;

        public SeparableConvolution(int input, int output) : base(nameof(SeparableConvolution))
        {
            conv1 = new Convolution(input, input, 3, padding: 1, groups: input, bias: false);
            pointwise = new Convolution(input, output, 1, bias: false);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return pointwise.call(conv1.call(input)).MoveToOuterDisposeScope();
        }
    }

    /// <summary>Two or three separable convolutions, each after a ReLU, and a shortcut around them.</summary>
    private sealed class Block : Module<Tensor, Tensor>
    {
        private readonly Sequential rep;
        private readonly Convolution? skip;
        private readonly BatchNormalisation? skipbn;

        public Block(IReadOnlyList<(int Input, int Output)> widths, int stride, bool leadingRelu = true) : base(nameof(Block))
        {
            List<Module<Tensor, Tensor>> layers = [];
            foreach (var (input, output) in widths)
            {
                // The first one must leave its input to the shortcut.
                if (layers.Count > 0 || leadingRelu) layers.Add(ReLU(inplace: layers.Count > 0));
                layers.Add(new SeparableConvolution(input, output));
                layers.Add(new BatchNormalisation(output));
            }
            if (stride > 1) layers.Add(MaxPool2d(3, stride, padding: 1));
            rep = Sequential(layers.Select((layer, i) => ($"{i}", layer)));
            var (first, last) = (widths[0].Input, widths[^1].Output);
            if (stride > 1 || first != last) (skip, skipbn) = (new Convolution(first, last, 1, stride, bias: false), new BatchNormalisation(last));
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var output = rep.call(input);
            var shortcut = skip is null ? input : skipbn!.call(skip.call(input));
            return TensorArithmetic.Add(output, shortcut).MoveToOuterDisposeScope();
        }
    }
}
