using OrleansTransfer.Learning.Compute;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTransfer.Learning.Models;

/// <summary>
/// VGG with 16 and 19 layers (Simonyan and Zisserman, arXiv 1409.1556) in torchvision's form, plain and with BatchNorm. Its last linear layer is the
/// head; the two wide ones before it hold most of the weights and belong to the backbone.
/// </summary>
public sealed class Vgg : Classifier
{
    private const int PooledSize = 7, Channels = 512, HiddenWidth = 4096;
    private const double OriginalDropout = 0.5;

    // Output channels of each block; the number of 3x3 convolutions in a block is what tells the depths apart.
    private static readonly int[] s_widths = [64, 128, 256, 512, 512];

    // Fields of modules are named as the keys of the state dict: TorchSharp derives the one from the other.
    private readonly Sequential features;
    private readonly ClassifierSequence classifier;

    private Vgg(string architecture, IReadOnlyList<int> convolutions, bool batchNorm, int classes) : base(architecture)
    {
        List<Module<Tensor, Tensor>> layers = [];
        List<Stage> stages = [];
        var input = 3;
        for (var block = 0; block < s_widths.Length; block++)
        {
            List<string> prefixes = [];
            for (var i = 0; i < convolutions[block]; i++)
            {
                Add(new Convolution(input, s_widths[block], 3, padding: 1));
                if (batchNorm) Add(new BatchNormalisation(s_widths[block]));
                layers.Add(ReLU(inplace: true));
                input = s_widths[block];
            }
            layers.Add(MaxPool2d(2, 2));
            stages.Add(new($"block{block + 1}", prefixes));

            void Add(Module<Tensor, Tensor> layer)
            {
                prefixes.Add($"features.{layers.Count}");
                layers.Add(layer);
            }
        }
        features = Sequential(layers.Select((layer, i) => ($"{i}", layer)));
        classifier = new ClassifierSequence(
            Linear(Channels * PooledSize * PooledSize, HiddenWidth), ReLU(inplace: true), new SeededDropout(OriginalDropout),
            Linear(HiddenWidth, HiddenWidth), ReLU(inplace: true), new SeededDropout(OriginalDropout), Linear(HiddenWidth, classes));
        Classes = classes;
        RegisterComponents();
        Stages = [.. stages, new("classifier.0", ["classifier.0"]), new("classifier.3", ["classifier.3"])];
    }

    /// <summary>VGG-16: thirteen convolutions and three linear layers.</summary>
    public static Vgg Layers16(string architecture, bool batchNorm, int classes) => new(architecture, [2, 2, 3, 3, 3], batchNorm, classes);

    /// <summary>VGG-19: sixteen convolutions and three linear layers.</summary>
    public static Vgg Layers19(string architecture, bool batchNorm, int classes) => new(architecture, [2, 2, 4, 4, 4], batchNorm, classes);

    /// <inheritdoc/>
    public override IReadOnlyList<Stage> Stages { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> HeadPrefixes { get; } = ["classifier.6"];

    /// <inheritdoc/>
    public override int FeatureWidth => HiddenWidth;

    /// <inheritdoc/>
    public override int Classes { get; protected set; }

    /// <inheritdoc/>
    protected override Tensor Logits(Tensor features) => classifier.Logits(features);

    /// <inheritdoc/>
    public override Tensor Features(Tensor input)
    {
        using var scope = NewDisposeScope();
        return classifier.call(Trunk(input)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <remarks>Between the linear layers of the backbone there is a dropout: the trunk ends before them.</remarks>
    public override Tensor Trunk(Tensor input)
    {
        using var scope = NewDisposeScope();
        // [N,512,H/32,W/32], brought to 7x7 whatever the input's size was.
        var pooled = functional.adaptive_avg_pool2d(features.call(MemoryLayout.Arrange(input)), PooledSize);
        return pooled.flatten(1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override NetworkOutputs OutputsOfTrunk(Tensor trunk)
    {
        using var scope = NewDisposeScope();
        var features = classifier.call(trunk);
        return new NetworkOutputs(features, Logits(features)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <remarks>The original drops out twice; <paramref name="dropout"/> stands for both.</remarks>
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
            Initializers.Constant(convolution.Bias!, 0);
        }
        foreach (var norm in features.modules().OfType<BatchNormalisation>()) Initializers.Identity(norm);
        classifier.Initialize(generator);
    }
}
