using OrleansTransfer.Learning.Compute;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTransfer.Learning.Models;

/// <summary>
/// MobileNet (Howard et al., arXiv 1704.04861) in timm's form, with a width multiplier: a chain of depthwise and pointwise convolutions without
/// shortcuts.
/// </summary>
public sealed class MobileNetV1 : Classifier
{
    private const int StemChannels = 32;
    private const double OriginalDropout = 0.2;

    // Output channels at width 1, repeats, stride of the first repeat.
    private static readonly (int Channels, int Repeats, int Stride)[] s_blocks = [(64, 1, 1), (128, 2, 2), (256, 2, 2), (512, 6, 2), (1024, 2, 2)];

    // Fields of modules are named as the keys of the state dict: TorchSharp derives the one from the other.
    private readonly Convolution conv_stem;
    private readonly BatchNormalisation bn1;
    private readonly Sequential blocks;
    private SeededDropout dropout;
    private Linear classifier;

    /// <param name="architecture">Catalogue name.</param>
    /// <param name="width">Multiplier of all channel counts, 0.25 to 1.</param>
    /// <param name="classes">Width of the logits.</param>
    public MobileNetV1(string architecture, double width, int classes) : base(architecture)
    {
        var channels = ChannelCounts.Round(StemChannels * width);
        conv_stem = new Convolution(3, channels, 3, stride: 2, padding: 1, bias: false);
        bn1 = new BatchNormalisation(channels);
        List<Module<Tensor, Tensor>> stages = [];
        foreach (var (wide, repeats, stride) in s_blocks)
        {
            List<Module<Tensor, Tensor>> repeated = [];
            for (var i = 0; i < repeats; i++)
            {
                var next = ChannelCounts.Round(wide * width);
                repeated.Add(new SeparableConvolution(channels, next, i == 0 ? stride : 1));
                channels = next;
            }
            stages.Add(Sequential(repeated.Select((block, i) => ($"{i}", block))));
        }
        blocks = Sequential(stages.Select((stage, i) => ($"{i}", stage)));
        FeatureWidth = channels;
        dropout = new SeededDropout(OriginalDropout);
        classifier = Linear(FeatureWidth, classes);
        Classes = classes;
        RegisterComponents();
        Stages = [new("stem", [nameof(conv_stem), nameof(bn1)]), .. stages.Select((_, i) => new Stage($"blocks.{i}", [$"blocks.{i}"]))];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Stage> Stages { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> HeadPrefixes { get; } = [nameof(classifier)];

    /// <inheritdoc/>
    public override int FeatureWidth { get; }

    /// <inheritdoc/>
    public override int Classes { get; protected set; }

    /// <inheritdoc/>
    protected override Tensor Logits(Tensor features)
    {
        using var scope = NewDisposeScope();
        return classifier.call(dropout.call(features)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Features(Tensor input)
    {
        using var scope = NewDisposeScope();
        var stem = functional.relu6(bn1.call(conv_stem.call(MemoryLayout.Arrange(input))), inplace: true);
        return functional.adaptive_avg_pool2d(blocks.call(stem), 1).flatten(1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void ReplaceHead(int classes, double dropout, long seed)
    {
        this.dropout = Replace(this, nameof(this.dropout), this.dropout, new SeededDropout(dropout));
        classifier = Replace(this, nameof(classifier), classifier, Linear(FeatureWidth, classes));
        Classes = classes;
        using var generator = new Generator((ulong)seed);
        InitializeHead(generator);
    }

    /// <inheritdoc/>
    public override void Initialize(long seed)
    {
        using var generator = new Generator((ulong)seed);
        foreach (var convolution in modules().OfType<Convolution>())
            Initializers.NormalFanOut(convolution.Weight, convolution.Groups, generator);
        foreach (var norm in modules().OfType<BatchNormalisation>()) Initializers.Identity(norm);
        InitializeHead(generator);
    }

    private void InitializeHead(Generator generator)
    {
        Initializers.Uniform(classifier.weight!, 1 / Math.Sqrt(Classes), generator);
        Initializers.Constant(classifier.bias!, 0);
    }

    /// <summary>Filters each channel on its own, then mixes the channels of each pixel.</summary>
    private sealed class SeparableConvolution : Module<Tensor, Tensor>
    {
        private readonly Convolution conv_dw, conv_pw;
        private readonly BatchNormalisation bn1, bn2;

        public SeparableConvolution(int input, int output, int stride) : base(nameof(SeparableConvolution))
        {
            (conv_dw, bn1) = (new Convolution(input, input, 3, stride, padding: 1, groups: input, bias: false), new BatchNormalisation(input));
            (conv_pw, bn2) = (new Convolution(input, output, 1, bias: false), new BatchNormalisation(output));
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var filtered = functional.relu6(bn1.call(conv_dw.call(input)), inplace: true);
            return functional.relu6(bn2.call(conv_pw.call(filtered)), inplace: true).MoveToOuterDisposeScope();
        }
    }
}
