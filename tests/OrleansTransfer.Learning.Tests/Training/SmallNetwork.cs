using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Training;

/// <summary>A network with everything that training has to treat apart: convolutions, BatchNorm, a linear head and, if wanted, dropout.</summary>
internal sealed class SmallNetwork : Classifier
{
#pragma warning disable IDE1006 // Field names are state-dict keys.
    private readonly Conv2d conv1, conv2;
    private readonly BatchNormalisation bn1, bn2;
    private readonly Sequential fc;
#pragma warning restore IDE1006
    private readonly int _width;

    public SmallNetwork(int classes, double dropout, int width) : base("small")
    {
        _width = width;
        Classes = classes;
        conv1 = nn.Conv2d(3, width, 3, stride: 2, padding: 1, bias: false);
        bn1 = new BatchNormalisation(width);
        conv2 = nn.Conv2d(width, 2 * width, 3, stride: 2, padding: 1);
        bn2 = new BatchNormalisation(2 * width);
        fc = nn.Sequential(new SeededDropout(dropout), nn.Linear(2 * width, classes));
        RegisterComponents();
    }

    public override IReadOnlyList<Stage> Stages { get; } = [new("layer1", ["conv1", "bn1"]), new("layer2", ["conv2", "bn2"])];

    public override IReadOnlyList<string> HeadPrefixes { get; } = ["fc"];

    public override int FeatureWidth => 2 * _width;

    public override int Classes { get; protected set; }

    /// <summary>The same initial weights for the same seed.</summary>
    public static SmallNetwork Create(long seed = 1, int classes = 3, double dropout = 0, int width = 8)
    {
        var network = new SmallNetwork(classes, dropout, width);
        network.Initialize(seed);
        return network;
    }

    public override void ReplaceHead(int classes, double dropout, long seed) => throw new NotSupportedException("Tests make it with its head.");

    public override void Initialize(long seed)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var generator = new Generator((ulong)seed);
        foreach (var (name, parameter) in named_parameters())
            if (parameter.dim() > 1) parameter.normal_(0, Math.Sqrt(2.0 / parameter[0].numel()), generator);
            else if (name.EndsWith("bias", StringComparison.Ordinal)) parameter.zero_();
    }

    public override Tensor Features(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = nn.functional.relu(bn1.call(conv1.call(input)));
        x = nn.functional.relu(bn2.call(conv2.call(x)));
        return x.mean([2, 3]).MoveToOuterDisposeScope();
    }

    protected override Tensor Logits(Tensor features) => fc.call(features);
}
