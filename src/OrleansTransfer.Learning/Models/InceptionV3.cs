using OrleansTransfer.Learning.Compute;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTransfer.Learning.Models;

/// <summary>
/// Inception v3 (Szegedy et al., arXiv 1512.00567) in torchvision's form, with an auxiliary classifier for training that can be taken away. Average
/// pooling counts the padding, as in torchvision and unlike in TensorFlow.
/// </summary>
public sealed class InceptionV3 : Classifier
{
    private const double NormEpsilon = 1e-3, OriginalDropout = 0.5;
    private const int LastChannels = 2048, AuxiliaryChannels = 768, AuxiliaryMap = 17;

    // The published weights take inputs from -1 to 1; this maps what ImageNet's mean and standard deviation made to that.
    private static readonly float[] s_factors = [0.229f / 0.5f, 0.224f / 0.5f, 0.225f / 0.5f];
    private static readonly float[] s_shifts = [(0.485f - 0.5f) / 0.5f, (0.456f - 0.5f) / 0.5f, (0.406f - 0.5f) / 0.5f];

    private readonly bool _transformInput;

    // Below the auxiliary classifier and above it.
    private readonly List<(string Name, Module<Tensor, Tensor> Module)> _lower, _upper;

    // Fields of modules are named as the keys of the state dict: TorchSharp derives the one from the other.
    private AuxiliaryClassifier? AuxLogits;
    private SeededDropout dropout;
    private Linear fc;

    /// <summary>Makes the network with <paramref name="classes"/> logits and the auxiliary classifier.</summary>
    /// <param name="classes">Width of the logits.</param>
    /// <param name="transformInput"> Whether the input, normalised by ImageNet's mean and standard deviation, is brought to the range -1 to 1 first:
    /// what the published weights need.
    /// </param>
    public InceptionV3(int classes, bool transformInput) : base("inception_v3")
    {
        _transformInput = transformInput;
        _lower =
        [
            ("Conv2d_1a_3x3", new ConvolutionNorm(3, new("", 32, 3, 3, 2))),
            ("Conv2d_2a_3x3", new ConvolutionNorm(32, new("", 32, 3, 3) { Padded = false })),
            ("Conv2d_2b_3x3", new ConvolutionNorm(32, new("", 64, 3, 3))), ("maxpool1", MaxPool2d(3, 2)),
            ("Conv2d_3b_1x1", new ConvolutionNorm(64, new("", 80))),
            ("Conv2d_4a_3x3", new ConvolutionNorm(80, new("", 192, 3, 3) { Padded = false })), ("maxpool2", MaxPool2d(3, 2)),
            ("Mixed_5b", Grid35(192, 32)), ("Mixed_5c", Grid35(256, 64)), ("Mixed_5d", Grid35(288, 64)), ("Mixed_6a", To17(288)),
            ("Mixed_6b", Grid17(128)), ("Mixed_6c", Grid17(160)), ("Mixed_6d", Grid17(160)), ("Mixed_6e", Grid17(192)),
        ];
        _upper = [("Mixed_7a", To8()), ("Mixed_7b", Grid8(1280)), ("Mixed_7c", Grid8(LastChannels))];
        AuxLogits = new(classes);
        dropout = new SeededDropout(OriginalDropout);
        fc = Linear(LastChannels, classes);
        Classes = classes;
        foreach (var (name, module) in _lower.Concat(_upper)) register_module(name, module);
        RegisterComponents();
        // The auxiliary classifier's convolutions train when the layer that they hang on does.
        Stages = [.. _lower.Concat(_upper).Where(entry => entry.Module.parameters().Any()).Select(entry => new Stage(
            entry.Name, entry.Name == "Mixed_6e" ? [entry.Name, "AuxLogits.conv0", "AuxLogits.conv1"] : [entry.Name]))];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Stage> Stages { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> HeadPrefixes { get; } = ["AuxLogits.fc", nameof(fc)];

    /// <inheritdoc/>
    public override IReadOnlyList<string> OptionalPrefixes => AuxLogits is null ? [] : [nameof(AuxLogits)];

    /// <inheritdoc/>
    public override int FeatureWidth => LastChannels;

    /// <inheritdoc/>
    public override int Classes { get; protected set; }

    /// <inheritdoc/>
    public override void RemoveOptional(string prefix)
    {
        if (!OptionalPrefixes.Contains(prefix)) base.RemoveOptional(prefix);
        register_module(nameof(AuxLogits), null!);
        AuxLogits!.Dispose();
        AuxLogits = null;
    }

    /// <inheritdoc/>
    protected override Tensor Logits(Tensor features)
    {
        using var scope = NewDisposeScope();
        return fc.call(dropout.call(features)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override bool HasTrunk => AuxLogits is null;

    /// <inheritdoc/>
    public override NetworkOutputs Outputs(Tensor input)
    {
        using var scope = NewDisposeScope();
        var middle = Lower(input);
        var smaller = Math.Min(middle.shape[2], middle.shape[3]);
        var auxiliary = training && AuxLogits is not null && smaller >= AuxiliaryMap ? AuxLogits.call(middle) : null;
        var features = Upper(middle);
        return new NetworkOutputs(features, Logits(features), auxiliary).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Features(Tensor input)
    {
        using var scope = NewDisposeScope();
        return Upper(Lower(input)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void ReplaceHead(int classes, double dropout, long seed)
    {
        this.dropout = Replace(this, nameof(this.dropout), this.dropout, new SeededDropout(dropout));
        fc = Replace(this, nameof(fc), fc, Linear(LastChannels, classes));
        AuxLogits?.ReplaceLast(classes);
        Classes = classes;
        using var generator = new Generator((ulong)seed);
        Initializers.Linear(fc, generator);
        if (AuxLogits is not null) Initializers.Linear(AuxLogits.Last, generator);
    }

    /// <inheritdoc/>
    public override void Initialize(long seed)
    {
        using var generator = new Generator((ulong)seed);
        foreach (var convolution in modules().OfType<ConvolutionNorm>()) convolution.Initialize(0.1, generator);
        Initializers.Normal(fc.weight!, 0, 0.1, generator);
        Initializers.Constant(fc.bias!, 0);
        AuxLogits?.Initialize(generator);
    }

    // [N,3,H,W] to [N,768,H/17.6,W/17.6]: 17x17 of an input of 299x299.
    private Tensor Lower(Tensor input)
    {
        var arranged = MemoryLayout.Arrange(input);
        var x = _transformInput
            ? (arranged * tensor(s_factors, device: input.device).view(1, 3, 1, 1)).Plus(tensor(s_shifts, device: input.device).view(1, 3, 1, 1))
            : arranged;
        foreach (var (_, module) in _lower) x = Step(module, x);
        return x;
    }

    // [N,768,h,w] to [N,2048].
    private Tensor Upper(Tensor middle)
    {
        var x = middle;
        foreach (var (_, module) in _upper) x = Step(module, x);
        return functional.adaptive_avg_pool2d(x, 1).flatten(1);
    }

    private static Tensor Step(Module<Tensor, Tensor> module, Tensor input)
    {
        using var scope = NewDisposeScope();
        return module.call(input).MoveToOuterDisposeScope();
    }

    private static Mixed Grid35(int input, int pooled) => new(
        input,
        new([new("branch1x1", 64)]),
        new([new("branch5x5_1", 48), new("branch5x5_2", 64, 5, 5)]),
        new([new("branch3x3dbl_1", 64), new("branch3x3dbl_2", 96, 3, 3), new("branch3x3dbl_3", 96, 3, 3)]),
        new([new("branch_pool", pooled)], Pooling.Average));

    private static Mixed To17(int input) => new(
        input,
        new([new("branch3x3", 384, 3, 3, 2)]),
        new([new("branch3x3dbl_1", 64), new("branch3x3dbl_2", 96, 3, 3), new("branch3x3dbl_3", 96, 3, 3, 2)]),
        new([], Pooling.Maximum));

    private static Mixed Grid17(int width) => new(
        AuxiliaryChannels,
        new([new("branch1x1", 192)]),
        new([new("branch7x7_1", width), new("branch7x7_2", width, 1, 7), new("branch7x7_3", 192, 7, 1)]),
        new(
        [
            new("branch7x7dbl_1", width), new("branch7x7dbl_2", width, 7, 1), new("branch7x7dbl_3", width, 1, 7),
            new("branch7x7dbl_4", width, 7, 1), new("branch7x7dbl_5", 192, 1, 7),
        ]),
        new([new("branch_pool", 192)], Pooling.Average));

    private static Mixed To8() => new(
        AuxiliaryChannels,
        new([new("branch3x3_1", 192), new("branch3x3_2", 320, 3, 3, 2)]),
        new(
        [
            new("branch7x7x3_1", 192), new("branch7x7x3_2", 192, 1, 7), new("branch7x7x3_3", 192, 7, 1), new("branch7x7x3_4", 192, 3, 3, 2),
        ]),
        new([], Pooling.Maximum));

    private static Mixed Grid8(int input) => new(
        input,
        new([new("branch1x1", 320)]),
        new([new("branch3x3_1", 384)]) { Fork = [new("branch3x3_2a", 384, 1, 3), new("branch3x3_2b", 384, 3, 1)] },
        new([new("branch3x3dbl_1", 448), new("branch3x3dbl_2", 384, 3, 3)])
        {
            Fork = [new("branch3x3dbl_3a", 384, 1, 3), new("branch3x3dbl_3b", 384, 3, 1)],
        },
        new([new("branch_pool", 192)], Pooling.Average));

    /// <summary>What a branch does to its input before it convolves.</summary>
    private enum Pooling
    {
        None,
        Average,
        Maximum,
    }

    /// <summary>A convolution by its key, output channels, kernel and stride. Strided ones are not padded; the others keep the map's size.</summary>
    private sealed record Kernel(string Key, int Output, int Height = 1, int Width = 1, int Stride = 1)
    {
        public bool Padded { get; init; } = Stride == 1;
    }

    /// <summary>ConvolutionNorms one after another, then those of <see cref="Fork"/> side by side.</summary>
    private sealed record Branch(IReadOnlyList<Kernel> Chain, Pooling Pooling = Pooling.None)
    {
        public IReadOnlyList<Kernel> Fork { get; init; } = [];
    }

    /// <summary>Branches over the same input, whose outputs are concatenated by channel.</summary>
    private sealed class Mixed : Module<Tensor, Tensor>
    {
        private readonly List<(Pooling Pooling, List<ConvolutionNorm> Chain, List<ConvolutionNorm> Fork)> _branches = [];

        public Mixed(int input, params IReadOnlyList<Branch> branches) : base(nameof(Mixed))
        {
            foreach (var branch in branches)
            {
                var width = input;
                List<ConvolutionNorm> chain = [], fork = [];
                foreach (var kernel in branch.Chain)
                {
                    chain.Add(Add(kernel, width));
                    width = kernel.Output;
                }
                foreach (var kernel in branch.Fork) fork.Add(Add(kernel, width));
                _branches.Add((branch.Pooling, chain, fork));
            }

            ConvolutionNorm Add(Kernel kernel, int width)
            {
                var convolution = new ConvolutionNorm(width, kernel);
                register_module(kernel.Key, convolution);
                return convolution;
            }
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            List<Tensor> outputs = [];
            foreach (var (pooling, chain, fork) in _branches)
            {
                var x = pooling switch
                {
                    Pooling.Average => functional.avg_pool2d(input, 3, stride: 1, padding: 1),
                    Pooling.Maximum => functional.max_pool2d(input, 3, 2),
                    _ => input,
                };
                foreach (var convolution in chain) x = convolution.call(x);
                if (fork.Count == 0) outputs.Add(x);
                foreach (var convolution in fork) outputs.Add(convolution.call(x));
            }
            return cat(outputs, 1).MoveToOuterDisposeScope();
        }
    }

    /// <summary>A convolution without bias, BatchNorm and ReLU.</summary>
    private sealed class ConvolutionNorm : Module<Tensor, Tensor>
    {
        private readonly Convolution conv;
        private readonly BatchNormalisation bn;

        public ConvolutionNorm(int input, Kernel kernel) : base(nameof(ConvolutionNorm))
        {
            var padding = kernel.Padded ? (kernel.Height / 2, kernel.Width / 2) : (0, 0);
            conv = new(input, kernel.Output, (kernel.Height, kernel.Width), padding, kernel.Stride, bias: false);
            bn = new BatchNormalisation(kernel.Output, NormEpsilon);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return bn.call(conv.call(input)).relu_().MoveToOuterDisposeScope();
        }

        public void Initialize(double std, Generator generator)
        {
            Initializers.Normal(conv.Weight, 0, std, generator);
            Initializers.Identity(bn);
        }
    }

    /// <summary>From the 17x17 map to logits.</summary>
    private sealed class AuxiliaryClassifier : Module<Tensor, Tensor>
    {
        private readonly ConvolutionNorm conv0, conv1;
        private Linear fc;

        public AuxiliaryClassifier(int classes) : base(nameof(AuxiliaryClassifier))
        {
            conv0 = new ConvolutionNorm(AuxiliaryChannels, new("", 128));
            conv1 = new ConvolutionNorm(128, new("", AuxiliaryChannels, 5, 5) { Padded = false });
            fc = Linear(AuxiliaryChannels, classes);
            RegisterComponents();
        }

        public Linear Last => fc;

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var x = conv1.call(conv0.call(functional.avg_pool2d(input, 5, stride: 3))); // [N,768,1,1] of a 17x17 map
            return fc.call(functional.adaptive_avg_pool2d(x, 1).flatten(1)).MoveToOuterDisposeScope();
        }

        public void ReplaceLast(int classes) => fc = Replace(this, nameof(fc), fc, Linear(AuxiliaryChannels, classes));

        public void Initialize(Generator generator)
        {
            conv1.Initialize(0.01, generator);
            Initializers.Normal(fc.weight!, 0, 0.001, generator);
            Initializers.Constant(fc.bias!, 0);
        }
    }
}
