using OrleansTransfer.Learning.Compute;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTransfer.Learning.Models;

/// <summary>
/// SqueezeNet (Iandola et al., arXiv 1602.07360) in torchvision's form. The head is a 1x1 convolution followed by ReLU and a global average, so
/// logits are
/// never negative; the ReLU stays when the head is replaced, so that exported weights mean the same in torchvision.
/// </summary>
public sealed class SqueezeNet : Classifier
{
    private const int Channels = 512;
    private const double OriginalDropout = 0.5;

    // The original draws heads without bias. Over a backbone that is not trained yet, what a class makes of all pictures then has much the same sign,
    // and where that is negative the ReLU leaves logits of 0 that no gradient comes back from: with two labels every fourth head has such a class,
    // and every twelfth has pictures that both are 0 for. A bias that all classes share changes no probability, and keeps all of them above 0.
    private const double NewHeadBias = 1;

    // Fields of modules are named as the keys of the state dict: TorchSharp derives the one from the other.
    private readonly Sequential features;
    private Sequential classifier;

    private SqueezeNet(string architecture, IReadOnlyList<Module<Tensor, Tensor>> layers, int classes) : base(architecture)
    {
        features = Sequential(layers.Select((layer, i) => ($"{i}", layer)));
        classifier = Head(classes, OriginalDropout);
        Classes = classes;
        RegisterComponents();
        Stages = [.. layers.Index().Where(layer => layer.Item.parameters().Any()).Select(layer => $"features.{layer.Index}")
            .Select(name => new Stage(name, [name]))];
    }

    /// <summary>Version 1.0: a 7x7 stem of 96 channels.</summary>
    public static SqueezeNet Version10(int classes) => new("squeezenet1_0",
        [
            new Convolution(3, 96, 7, stride: 2), ReLU(inplace: true), Pool(),
            new Fire(96, 16, 64), new Fire(128, 16, 64), new Fire(128, 32, 128), Pool(),
            new Fire(256, 32, 128), new Fire(256, 48, 192), new Fire(384, 48, 192), new Fire(384, 64, 256), Pool(),
            new Fire(512, 64, 256),
        ],
        classes);

    /// <summary>Version 1.1: a 3x3 stem of 64 channels and earlier pooling; 2.4 times less to compute at the same accuracy.</summary>
    public static SqueezeNet Version11(int classes) => new("squeezenet1_1",
        [
            new Convolution(3, 64, 3, stride: 2), ReLU(inplace: true), Pool(),
            new Fire(64, 16, 64), new Fire(128, 16, 64), Pool(),
            new Fire(128, 32, 128), new Fire(256, 32, 128), Pool(),
            new Fire(256, 48, 192), new Fire(384, 48, 192), new Fire(384, 64, 256), new Fire(512, 64, 256),
        ],
        classes);

    /// <inheritdoc/>
    public override IReadOnlyList<Stage> Stages { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> HeadPrefixes { get; } = [nameof(classifier)];

    /// <inheritdoc/>
    public override int FeatureWidth => Channels;

    /// <inheritdoc/>
    public override int Classes { get; protected set; }

    /// <inheritdoc/>
    public override NetworkOutputs Outputs(Tensor input)
    {
        using var scope = NewDisposeScope();
        return OutputsOf(Trunk(input)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <remarks>The map that the head sees, <c>[N,512,h,w]</c>.</remarks>
    public override Tensor Trunk(Tensor input)
    {
        using var scope = NewDisposeScope();
        return features.call(MemoryLayout.Arrange(input)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override NetworkOutputs OutputsOfTrunk(Tensor trunk)
    {
        using var scope = NewDisposeScope();
        return OutputsOf(MemoryLayout.Arrange(trunk)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return classifier.call(features.call(MemoryLayout.Arrange(input))).flatten(1).MoveToOuterDisposeScope(); // [N,512,h,w] -> [N,K,1,1] -> [N,K]
    }

    /// <inheritdoc/>
    public override Tensor Features(Tensor input)
    {
        using var scope = NewDisposeScope();
        return Pooled(features.call(MemoryLayout.Arrange(input))).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override Tensor Logits(Tensor features) => throw new NotSupportedException("The head sees the map that the features are a mean of.");

    /// <inheritdoc/>
    public override void ReplaceHead(int classes, double dropout, long seed)
    {
        classifier = Replace(this, nameof(classifier), classifier, Head(classes, dropout));
        Classes = classes;
        using var generator = new Generator((ulong)seed);
        InitializeHead(generator, NewHeadBias);
    }

    /// <inheritdoc/>
    public override void Initialize(long seed)
    {
        using var generator = new Generator((ulong)seed);
        foreach (var convolution in features.modules().OfType<Convolution>())
        {
            Initializers.KaimingUniformFanIn(convolution.Weight, generator);
            Initializers.Constant(convolution.Bias!, 0);
        }
        InitializeHead(generator, bias: 0);
    }

    private NetworkOutputs OutputsOf(Tensor map) => new(Pooled(map), classifier.call(map).flatten(1));

    private static Tensor Pooled(Tensor map) => functional.adaptive_avg_pool2d(map, 1).flatten(1);

    private void InitializeHead(Generator generator, double bias)
    {
        var last = classifier.modules().OfType<Convolution>().Single();
        Initializers.Normal(last.Weight, 0, 0.01, generator);
        Initializers.Constant(last.Bias!, bias);
    }

    private static Sequential Head(int classes, double dropout) =>
        Sequential(
            ("0", new SeededDropout(dropout)), ("1", new Convolution(Channels, classes, 1)), ("2", ReLU(inplace: true)), ("3", AdaptiveAvgPool2d(1)));

    private static MaxPool2d Pool() => MaxPool2d(3, stride: 2, ceil_mode: true);

    /// <summary>A squeeze to few channels, then 1x1 and 3x3 convolutions side by side, each giving <paramref name="expanded"/> channels.</summary>
    private sealed class Fire : Module<Tensor, Tensor>
    {
        private readonly Convolution squeeze, expand1x1, expand3x3;

        public Fire(int input, int squeezed, int expanded) : base(nameof(Fire))
        {
            squeeze = new Convolution(input, squeezed, 1);
            expand1x1 = new Convolution(squeezed, expanded, 1);
            expand3x3 = new Convolution(squeezed, expanded, 3, padding: 1);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var narrow = squeeze.call(input).relu_();
            return cat([expand1x1.call(narrow).relu_(), expand3x3.call(narrow).relu_()], 1).MoveToOuterDisposeScope();
        }
    }
}
