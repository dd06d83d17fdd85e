using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Text;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTransfer.Learning.Models.Text;

/// <summary>Sizes of a <see cref="WordVectorClassifier"/>.</summary>
/// <param name="Rows">Words and the padding: rows of the embedding.</param>
/// <param name="Dimensions">Numbers in a word's vector.</param>
/// <param name="Pooling">How words become a text.</param>
/// <param name="Hidden">Width of the features; 0 for no hidden layer, when the features are the pooled vector.</param>
/// <param name="Standardise">
/// Whether a BatchNorm layer standardises the pooled vectors. Texts of another language or field have other means and deviations, whatever their
/// labels: with the layer's statistics taken anew from them, without labels, a network carries over (Li and others, arXiv 1603.04779).
/// </param>
public sealed record WordVectorSizes(
    int Rows, int Dimensions, TextPoolingKind Pooling = TextPoolingKind.Mean, int Hidden = 64, bool Standardise = true)
{
    /// <summary>Ids of the vocabulary. Those from <see cref="Rows"/> on have no vector; only evidence tells anything of them.</summary>
    public int Ids { get; init; } = Rows;

    /// <summary>Words and pairs that evidence may be gathered of; 0 for a network that takes none.</summary>
    public int EvidenceKeys { get; init; }
}

/// <summary>
/// Classifies texts by the vectors of their words: embedding, pooling, standardisation, one hidden layer with ReLU if wanted, linear head. Input:
/// int64 <c>[N,L]</c>, 0 for padding, which never changes the result. A text without words is all padding.
/// </summary>
public sealed class WordVectorClassifier : Classifier
{
    // Vectors that no table gave are small beside those of tables.
    private const double FreshDeviation = 0.1;

    // Fields of modules are named as the keys of the state dict: TorchSharp derives the one from the other.
    private readonly Embedding embedding;
    private readonly TextPooling pooling;
    private readonly BatchNormalisation? norm;
    private readonly Linear? hidden;
    private SeededDropout dropout;
    private EvidenceLayer? evidence;
    private Linear fc;

    /// <summary>Makes the network with <paramref name="classes"/> logits.</summary>
    public WordVectorClassifier(string architecture, WordVectorSizes sizes, int classes) : base(architecture)
    {
        Sizes = sizes;
        embedding = Embedding(sizes.Rows, sizes.Dimensions, padding_idx: Vocabulary.Padding);
        pooling = TextPooling.Of(sizes.Pooling, sizes.Dimensions);
        if (sizes.Standardise) norm = new BatchNormalisation(pooling.Width);
        if (sizes.Hidden > 0) hidden = Linear(pooling.Width, sizes.Hidden);
        dropout = new SeededDropout(0);
        evidence = MakeEvidence(classes);
        fc = Linear(FeatureWidth, classes);
        Classes = classes;
        RegisterComponents();
    }

    /// <summary>The sizes it was made with.</summary>
    public WordVectorSizes Sizes { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Stage> Stages { get; } =
        [new(nameof(embedding), [nameof(embedding)]), new("encoder", [nameof(pooling), nameof(norm), nameof(hidden)])];

    /// <inheritdoc/>
    public override IReadOnlyList<string> HeadPrefixes => evidence is null ? [nameof(fc)] : [nameof(evidence), nameof(fc)];

    /// <inheritdoc/>
    public override int FeatureWidth => hidden is null ? pooling.Width : Sizes.Hidden;

    /// <inheritdoc/>
    public override int Classes { get; protected set; }

    /// <summary>Puts <paramref name="vectors"/>, float32 <c>[rows,D]</c> with a row 0 of zeros, into the embedding.</summary>
    /// <exception cref="LearningException">The shape is another.</exception>
    public void LoadVectors(Tensor vectors)
    {
        if (!vectors.shape.SequenceEqual([Sizes.Rows, Sizes.Dimensions]))
            throw new LearningException(
                $"The word vectors are [{string.Join(',', vectors.shape)}], and the embedding of {Architecture} is "
                + $"[{Sizes.Rows},{Sizes.Dimensions}].");
        using var noGradient = no_grad();
        embedding.weight!.copy_(vectors);
        ClearPadding();
    }

    /// <summary>Takes in evidence of words and pairs, which from then on counts whenever the network does not train.</summary>
    /// <param name="texts">Ids of unlabelled texts.</param>
    /// <param name="features">What the network makes of them: <see cref="Features"/>, a row of F each.</param>
    /// <exception cref="InvalidOperationException">The network takes none, or the texts have more words and pairs than it was made for.</exception>
    public void TakeEvidence(IReadOnlyList<int[]> texts, IReadOnlyList<float[]> features)
    {
        if (evidence is null) throw new InvalidOperationException($"{Architecture} was made without place for evidence.");
        var found = texts.Select(text => WordPairs.Of(text, Sizes.Ids)).ToList();
        long[] keys = [.. found.SelectMany(text => text).Distinct().Order()];
        if (keys.Length > Sizes.EvidenceKeys)
            throw new InvalidOperationException($"The texts have {keys.Length} words and pairs; {Architecture} was made for {Sizes.EvidenceKeys}.");
        IReadOnlyList<int[]> places = [.. found.Select(text => text.Select(key => Array.BinarySearch(keys, key)).ToArray())];
        evidence.Take(keys, WordEvidence.Gather(places, keys.Length, WithoutEvidence(features)));
    }

    /// <inheritdoc/>
    public override NetworkOutputs Outputs(Tensor input)
    {
        using var scope = NewDisposeScope();
        var features = Features(input);
        var logits = Logits(features);
        return new NetworkOutputs(features, evidence is null || training ? logits : evidence.call(input, logits)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override bool HasTrunk => false;

    /// <inheritdoc/>
    public override Tensor Features(Tensor input)
    {
        using var scope = NewDisposeScope();
        if (Sizes.Ids > Sizes.Rows) input = input * input.IsBelow(Sizes.Rows).to(ScalarType.Int64);
        var mask = input.not_equal(Vocabulary.Padding).to(ScalarType.Float32); // [N,L]
        // Row 0 stays zero: it receives no gradient.
        var text = Standardised(pooling.call(embedding.call(input), mask)); // [N,W]
        return (hidden is null ? text : hidden.call(text).relu_()).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void ReplaceHead(int classes, double dropout, long seed)
    {
        this.dropout = Replace(this, nameof(this.dropout), this.dropout, new SeededDropout(dropout));
        fc = Replace(this, nameof(fc), fc, Linear(FeatureWidth, classes));
        Classes = classes;
        if (evidence is not null) evidence = Replace(this, nameof(evidence), evidence, MakeEvidence(classes)!);
        using var generator = new Generator((ulong)seed);
        Initializers.Linear(fc, generator);
    }

    /// <inheritdoc/>
    public override void Initialize(long seed)
    {
        using var generator = new Generator((ulong)seed);
        Initializers.Normal(embedding.weight!, 0, FreshDeviation, generator);
        ClearPadding();
        pooling.Initialize(generator);
        if (norm is not null)
        {
            Initializers.Constant(norm.weight!, 1);
            Initializers.Constant(norm.bias!, 0);
            norm.reset_running_stats();
        }
        if (hidden is not null) Initializers.Linear(hidden, generator);
        Initializers.Linear(fc, generator);
    }

    /// <inheritdoc/>
    protected override Tensor Logits(Tensor features)
    {
        using var scope = NewDisposeScope();
        return fc.call(dropout.call(features)).MoveToOuterDisposeScope();
    }

    private EvidenceLayer? MakeEvidence(int classes) =>
        Sizes.EvidenceKeys > 0 ? new EvidenceLayer(nameof(evidence), Sizes.Ids, Sizes.EvidenceKeys, classes) : null;

    // Plain arithmetic: a product of matrices may round otherwise where the same numbers lie elsewhere in memory, and all replicas must agree.
    private float[][] WithoutEvidence(IReadOnlyList<float[]> features)
    {
        using var scope = NewDisposeScope();
        var (weights, biases) = (fc.weight!.detach().cpu().contiguous().data<float>().ToArray(), fc.bias!.detach().cpu().data<float>().ToArray());
        return [.. features.Select(row => biases.Select((bias, k) => bias + Dot(row, weights.AsSpan(k * row.Length, row.Length))).ToArray())];

        static float Dot(float[] left, ReadOnlySpan<float> right)
        {
            var sum = 0.0;
            for (var i = 0; i < left.Length; i++) sum += (double)left[i] * right[i];
            return (float)sum;
        }
    }

    private Tensor Standardised(Tensor text)
    {
        if (norm is null) return text;
        if (!norm.training || text.shape[0] > 1) return norm.call(text);
        // A single text has no variance: the running statistics stand in. Where statistics are synchronised over the ranks, this hook runs after the
        // one that sees to it, and finds the layer out of training mode already.
        var switched = false;
        var hook = norm.register_forward_pre_hook((_, input) =>
        {
            switched = norm.training;
            if (switched) norm.eval();
            return input;
        });
        var output = norm.call(text);
        hook.remove();
        if (switched) norm.train();
        return output;
    }

    private void ClearPadding()
    {
        using var noGradient = no_grad();
        using var row = embedding.weight![Vocabulary.Padding];
        row.zero_();
    }
}
