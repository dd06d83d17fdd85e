using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTransfer.Benchmarks.Tuning.Recorded;

/// <summary>A perceptron of two hidden layers for grey pictures of 16x16 pixels: hundreds of runs take minutes.</summary>
internal sealed class SmallNetwork : Classifier
{
    public const int Size = 16;

    private const int First = 128, Second = 64;

    // Fields of modules are named as the keys of the state dict: TorchSharp derives the one from the other.
    private readonly Linear hidden1, hidden2;
    private SeededDropout drop;
    private Linear fc;

    public SmallNetwork(int classes) : base("small-network")
    {
        (hidden1, hidden2) = (Linear(Size * Size, First), Linear(First, Second));
        (drop, fc) = (new SeededDropout(0), Linear(Second, classes));
        Classes = classes;
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Stage> Stages { get; } = [new(nameof(hidden1), [nameof(hidden1)]), new(nameof(hidden2), [nameof(hidden2)])];

    /// <inheritdoc/>
    public override IReadOnlyList<string> HeadPrefixes { get; } = [nameof(fc)];

    /// <inheritdoc/>
    public override int FeatureWidth => Second;

    /// <inheritdoc/>
    public override int Classes { get; protected set; }

    /// <inheritdoc/>
    public override Tensor Features(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = hidden1.call(input.narrow(1, 0, 1).flatten(1)).relu_();
        return hidden2.call(x).relu_().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void ReplaceHead(int classes, double dropout, long seed)
    {
        using var generator = new Generator((ulong)seed);
        register_module(nameof(drop), null!);
        register_module(nameof(drop), drop = new(dropout));
        register_module(nameof(fc), null!);
        register_module(nameof(fc), fc = Linear(Second, classes));
        Classes = classes;
        Draw(fc, generator);
    }

    /// <inheritdoc/>
    public override void Initialize(long seed)
    {
        using var generator = new Generator((ulong)seed);
        foreach (var layer in new[] { hidden1, hidden2, fc }) Draw(layer, generator);
    }

    /// <inheritdoc/>
    protected override Tensor Logits(Tensor features)
    {
        using var scope = NewDisposeScope();
        return fc.call(drop.call(features)).MoveToOuterDisposeScope();
    }

    // As PyTorch does it: weights and bias evenly within one over the root of the inputs.
    private static void Draw(Linear layer, Generator generator)
    {
        using var noGrad = no_grad();
        var bound = 1 / Math.Sqrt(layer.weight!.shape[1]);
        layer.weight.uniform_(-bound, bound, generator);
        layer.bias!.uniform_(-bound, bound, generator);
    }
}
