using OrleansTransfer.Learning.Compute;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTransfer.Learning.Models;

/// <summary>MobileNetV2 of width 1 (Sandler et al., arXiv 1801.04381) in torchvision's form.</summary>
public sealed class MobileNetV2 : Classifier
{
    private const int StemChannels = 32, LastChannels = 1280;
    private const double OriginalDropout = 0.2;

    // The paper's table 2: expansion factor, output channels, repeats, stride of the first repeat.
    private static readonly (int Expansion, int Channels, int Repeats, int Stride)[] s_blocks =
        [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];

    // Fields of modules are named as the keys of the state dict: TorchSharp derives the one from the other.
    private readonly Sequential features;
    private Sequential classifier;

    /// <summary>Makes the network with <paramref name="classes"/> logits.</summary>
    public MobileNetV2(int classes) : base("mobilenet_v2")
    {
        List<Module<Tensor, Tensor>> layers = [ConvNormAct(3, StemChannels, 3, stride: 2)];
        var width = StemChannels;
        foreach (var (expansion, channels, repeats, stride) in s_blocks)
        {
            for (var i = 0; i < repeats; i++)
            {
                layers.Add(new InvertedResidual(width, channels, i == 0 ? stride : 1, expansion));
                width = channels;
            }
        }
        layers.Add(ConvNormAct(width, LastChannels, 1));
        features = Sequential(layers.Select((layer, i) => ($"{i}", layer)));
        classifier = Head(classes, OriginalDropout);
        Classes = classes;
        RegisterComponents();
        Stages = [.. layers.Select((_, i) => new Stage($"features.{i}", [$"features.{i}"]))];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Stage> Stages { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> HeadPrefixes { get; } = [nameof(classifier)];

    /// <inheritdoc/>
    public override int FeatureWidth => LastChannels;

    /// <inheritdoc/>
    public override int Classes { get; protected set; }

    /// <inheritdoc/>
    protected override Tensor Logits(Tensor features) => classifier.call(features);

    /// <inheritdoc/>
    public override Tensor Features(Tensor input)
    {
        using var scope = NewDisposeScope();
        return functional.adaptive_avg_pool2d(features.call(MemoryLayout.Arrange(input)), 1).flatten(1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void ReplaceHead(int classes, double dropout, long seed)
    {
        classifier = Replace(this, nameof(classifier), classifier, Head(classes, dropout));
        Classes = classes;
        using var generator = new Generator((ulong)seed);
        InitializeHead(generator);
    }

    /// <inheritdoc/>
    public override void Initialize(long seed)
    {
        using var generator = new Generator((ulong)seed);
        foreach (var convolution in features.modules().OfType<Convolution>()) Initializers.KaimingNormalFanOut(convolution.Weight, generator);
        foreach (var norm in features.modules().OfType<BatchNormalisation>()) Initializers.Identity(norm);
        InitializeHead(generator);
    }

    private void InitializeHead(Generator generator)
    {
        var last = classifier.modules().OfType<Linear>().Single();
        Initializers.Normal(last.weight!, 0, 0.01, generator);
        Initializers.Constant(last.bias!, 0);
    }

    private static Sequential Head(int classes, double dropout) =>
        Sequential(("0", new SeededDropout(dropout)), ("1", Linear(LastChannels, classes)));

    private static Sequential ConvNormAct(int input, int output, int kernel, int stride = 1, int groups = 1) => Sequential(
        ("0", new Convolution(input, output, kernel, stride, padding: (kernel - 1) / 2, groups: groups, bias: false)),
        ("1", new BatchNormalisation(output)),
        ("2", ReLU6(inplace: true)));

    /// <summary>Expands the channels, filters each on its own, projects back without an activation; adds its input where shapes allow.</summary>
    private sealed class InvertedResidual : Module<Tensor, Tensor>
    {
        private readonly Sequential conv;
        private readonly bool _adds;

        public InvertedResidual(int input, int output, int stride, int expansion) : base(nameof(InvertedResidual))
        {
            var hidden = input * expansion;
            List<Module<Tensor, Tensor>> layers =
                [ConvNormAct(hidden, hidden, 3, stride, hidden), new Convolution(hidden, output, 1, bias: false), new BatchNormalisation(output)];
            if (expansion != 1) layers.Insert(0, ConvNormAct(input, hidden, 1));
            conv = Sequential(layers.Select((layer, i) => ($"{i}", layer)));
            _adds = stride == 1 && input == output;
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var output = conv.call(input);
            return (_adds ? TensorArithmetic.Add(output, input) : output).MoveToOuterDisposeScope();
        }
    }
}
