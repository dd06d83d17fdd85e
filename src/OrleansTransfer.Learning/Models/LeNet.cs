using OrleansTransfer.Learning.Compute;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTransfer.Learning.Models;

/// <summary>
/// LeNet for digits in the form that domain adaptation is measured with (LeCun and others, Proceedings of the IEEE 1998; this form: Long and others,
/// arXiv 1705.10667): two 5x5 convolutions of 20 and 50 channels, each with pooling, and a linear layer of 500. It sees grey pictures of 28x28 pixels:
/// colours are averaged, and larger pictures' maps are pooled to the same size. It has no public weights: train it from scratch.
/// </summary>
public sealed class LeNet : Classifier
{
    private const int FirstChannels = 20, Channels = 50, MapSize = 4, Width = 500;
    private const double OriginalDropout = 0.5;

    // Fields of modules are named as the keys of the state dict: TorchSharp derives the one from the other.
    private readonly Convolution conv1, conv2;
    private readonly Linear fc1;
    private SeededDropout drop2, drop;
    private Linear fc;

    public LeNet(int classes) : base("lenet")
    {
        conv1 = new Convolution(1, FirstChannels, 5);
        conv2 = new Convolution(FirstChannels, Channels, 5);
        fc1 = Linear(Channels * MapSize * MapSize, Width);
        (drop2, drop) = (new SeededDropout(OriginalDropout, wholeChannels: true), new SeededDropout(OriginalDropout));
        fc = Linear(Width, classes);
        Classes = classes;
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Stage> Stages { get; } =
        [new(nameof(conv1), [nameof(conv1)]), new(nameof(conv2), [nameof(conv2)]), new(nameof(fc1), [nameof(fc1)])];

    /// <inheritdoc/>
    public override IReadOnlyList<string> HeadPrefixes { get; } = [nameof(fc)];

    /// <inheritdoc/>
    public override int FeatureWidth => Width;

    /// <inheritdoc/>
    public override int Classes { get; protected set; }

    /// <inheritdoc/>
    public override Tensor Features(Tensor input)
    {
        using var scope = NewDisposeScope();
        return FeaturesOf(Trunk(input)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <remarks>The first dropout is in the middle of the backbone: the trunk ends before it.</remarks>
    public override Tensor Trunk(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = functional.max_pool2d(conv1.call(input.mean([1L], keepdim: true)), 2).relu_(); // [N,20,12,12]
        return conv2.call(x).MoveToOuterDisposeScope(); // [N,50,8,8]
    }

    /// <inheritdoc/>
    public override NetworkOutputs OutputsOfTrunk(Tensor trunk)
    {
        using var scope = NewDisposeScope();
        var features = FeaturesOf(trunk);
        return new NetworkOutputs(features, Logits(features)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <remarks>The original drops out twice; <paramref name="dropout"/> stands for both.</remarks>
    public override void ReplaceHead(int classes, double dropout, long seed)
    {
        drop2 = Replace(this, nameof(drop2), drop2, new SeededDropout(dropout, wholeChannels: true));
        drop = Replace(this, nameof(drop), drop, new SeededDropout(dropout));
        fc = Replace(this, nameof(fc), fc, Linear(Width, classes));
        Classes = classes;
        using var generator = new Generator((ulong)seed);
        Initializers.Linear(fc, generator);
    }

    /// <inheritdoc/>
    public override void Initialize(long seed)
    {
        using var generator = new Generator((ulong)seed);
        Initializers.Convolution(conv1, generator);
        Initializers.Convolution(conv2, generator);
        Initializers.Linear(fc1, generator);
        Initializers.Linear(fc, generator);
    }

    /// <inheritdoc/>
    protected override Tensor Logits(Tensor features) => fc.call(features);

    private Tensor FeaturesOf(Tensor trunk)
    {
        using var scope = NewDisposeScope();
        var x = functional.max_pool2d(drop2.call(trunk), 2).relu_(); // [N,50,4,4]
        x = functional.adaptive_avg_pool2d(x, MapSize).flatten(1);
        return drop.call(fc1.call(x).relu_()).MoveToOuterDisposeScope();
    }
}
