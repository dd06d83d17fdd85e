using OrleansTransfer.Learning.Compute;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTransfer.Learning.Models.Text;

/// <summary>
/// A text encoder with its head. Input: token ids <c>[N,L]</c>, int64, shorter texts filled up on the right with <see cref="PaddingToken"/>, which no
/// token of a text attends to. Keys are those of the public checkpoints. A stage for the embeddings and one for each layer.
/// </summary>
public abstract class TextEncoder : Classifier
{
    // The standard deviation that these encoders' origins draw all weights with.
    private const double InitialDeviation = 0.02;

    private const string HeadDropoutName = "dropout";

    private readonly AttentionMask _mask = new();
    private readonly TextEmbeddings _embeddings;
    private readonly IReadOnlyList<EncoderLayer> _layers;
    private readonly List<Stage> _stages;
    private readonly Module _headOwner;
    private readonly string _headName;
    private Linear _head;
    private SeededDropout _headDropout;

    /// <param name="architecture">The catalogue name.</param>
    /// <param name="configuration">Sizes.</param>
    /// <param name="keys">Names.</param>
    /// <param name="paddingToken">Id of the token that is no text.</param>
    /// <param name="headPrefixes">Key prefixes of the head's linear layers. The last one gives the logits.</param>
    /// <param name="classes">Its width.</param>
    /// <param name="dropout">Probability in front of it.</param>
    private protected TextEncoder(
        string architecture, TextConfiguration configuration, EncoderKeys keys, int paddingToken, IReadOnlyList<string> headPrefixes, int classes,
        double dropout)
        : base(architecture)
    {
        (Configuration, Keys, PaddingToken, Classes) = (configuration.Checked(), keys, paddingToken, classes);
        _embeddings = new TextEmbeddings(configuration, Positions);
        ModuleGroup.Put(this, keys["embeddings"], _embeddings);
        _layers = [.. Enumerable.Range(0, configuration.Layers).Select(_ => new EncoderLayer(configuration, keys.Layer, _mask))];
        foreach (var (i, layer) in _layers.Index()) ModuleGroup.Put(this, LayerKey(i), layer);

        _head = Linear(configuration.Hidden, classes);
        _headOwner = ModuleGroup.Put(this, headPrefixes[^1], _head);
        _headName = headPrefixes[^1].Split('.')[^1];
        _headDropout = new SeededDropout(dropout);
        register_module(HeadDropoutName, _headDropout);
        _stages = [new("embeddings", [keys["embeddings"]])];
        for (var i = 0; i < configuration.Layers; i++) _stages.Add(new($"layer.{i}", [LayerKey(i)]));
        HeadPrefixes = headPrefixes;
    }

    /// <summary>The encoder's sizes.</summary>
    public TextConfiguration Configuration { get; }

    /// <inheritdoc/>
    public override int PaddingToken { get; }

    /// <summary>The longest text, in tokens with the special ones.</summary>
    public virtual int MaximumTokens => Configuration.Positions;

    /// <summary>The low-rank updates beside the weights; null where there are none.</summary>
    public LowRank? Adaptation { get; private set; }

    /// <inheritdoc/>
    public override IReadOnlyList<Stage> Stages => _stages;

    /// <inheritdoc/>
    public override IReadOnlyList<string> HeadPrefixes { get; }

    /// <inheritdoc/>
    public override int FeatureWidth => Configuration.Hidden;

    /// <inheritdoc/>
    public override int Classes { get; protected set; }

    /// <summary>Names of the encoder's modules.</summary>
    internal EncoderKeys Keys { get; }

    /// <inheritdoc/>
    internal override IEnumerable<Module> TrunkDropouts =>
        _layers.Prepend<Module>(_embeddings).SelectMany(part => part.modules()).OfType<SeededDropout>();

    /// <inheritdoc/>
    public sealed override Tensor Features(Tensor input)
    {
        using var scope = NewDisposeScope();
        return FeaturesOf(Trunk(input)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public sealed override NetworkOutputs OutputsOfTrunk(Tensor trunk)
    {
        using var scope = NewDisposeScope();
        var features = FeaturesOf(trunk);
        return new NetworkOutputs(features, Logits(features)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <remarks>One vector a text, <c>[N,H]</c>.</remarks>
    /// <exception cref="LearningException">A text has more tokens than the encoder has positions.</exception>
    public sealed override Tensor Trunk(Tensor input)
    {
        using var scope = NewDisposeScope();
        if (input.dim() != 2) throw new ArgumentException($"Token ids have the shape [N,L], not [{string.Join(',', input.shape)}].", nameof(input));
        if (input.shape[1] > MaximumTokens)
            throw new LearningException($"{Architecture} takes texts of at most {MaximumTokens} tokens, the special ones included; " +
                $"the longest of this batch has {input.shape[1]}. Let the tokenizer shorten them.");
        var mask = input.IsNot(PaddingToken); // [N,L]
        using var pass = _mask.Use(mask);
        var states = _embeddings.call(input); // [N,L,H]
        foreach (var layer in _layers) states = layer.call(states);
        return Pool(states, mask).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void ReplaceHead(int classes, double dropout, long seed)
    {
        _head = Replace(_headOwner, _headName, _head, Linear(FeatureWidth, classes));
        _headDropout = Replace(this, HeadDropoutName, _headDropout, new SeededDropout(dropout));
        Classes = classes;
        using var generator = new Generator((ulong)seed);
        InitializeHead(generator);
    }

    /// <inheritdoc/>
    public override void Initialize(long seed)
    {
        using var generator = new Generator((ulong)seed);
        foreach (var module in modules())
        {
            if (module is EmbeddingTable table) Initializers.Normal(table.Weight, 0, InitialDeviation, generator);
            else if (module is AdaptableLinear adaptable) Draw(adaptable.Weight, adaptable.Bias, generator);
            else if (module is Linear linear) Draw(linear.weight!, linear.bias!, generator);
            else if (module is LayerNorm norm)
            {
                Initializers.Constant(norm.weight!, 1);
                Initializers.Constant(norm.bias!, 0);
            }
        }
    }

    /// <summary>
    /// Freezes the encoder and adds low-rank updates to matrices of every layer, which from now on are what trains in it. They change no output until
    /// they are trained. Weights of a file are loaded before.
    /// </summary>
    /// <param name="lowRank">Rank, scale, dropout and matrices.</param>
    /// <param name="seed">All that the updates' first values depend on.</param>
    public void Adapt(LowRank lowRank, long seed)
    {
        if (Adaptation is not null) throw new InvalidOperationException($"{Architecture} has low-rank updates already.");
        if (lowRank.Rank < 1 || lowRank.Rank > Configuration.Hidden || !(lowRank.Alpha > 0))
            throw new LearningException($"A low-rank update of {Architecture} has a rank from 1 to {Configuration.Hidden} and an alpha above 0; " +
                $"given were rank {lowRank.Rank} and alpha {lowRank.Alpha}.");
        if (lowRank.Targets.Count == 0 || lowRank.Dropout is not (>= 0 and < 1))
            throw new LearningException($"Low-rank updates of {Architecture} are of at least one matrix and have a dropout from 0 to below 1; " +
                $"given were {lowRank.Targets.Count} matrices and a dropout of {lowRank.Dropout}.");
        using var generator = new Generator((ulong)seed);
        foreach (var (target, matrix) in Adaptable())
            if (lowRank.Targets.Contains(target)) matrix.Adapt(lowRank, generator);
        Adaptation = lowRank;
        foreach (var (key, parameter) in named_parameters()) if (IsFixed(key)) parameter.requires_grad = false;
    }

    /// <summary>
    /// Folds the low-rank updates into the weights, after which the network is a plain one with the same outputs, all of which can train; does
    /// nothing where there are no updates.
    /// </summary>
    public void Merge()
    {
        if (Adaptation is null) return;
        foreach (var (_, matrix) in Adaptable()) matrix.Merge();
        foreach (var (key, parameter) in named_parameters()) if (IsFixed(key)) parameter.requires_grad = true;
        Adaptation = null;
    }

    /// <summary>
    /// The state dict of the plain network that <see cref="Merge"/> would make of this one, which stays as it is. The caller's dispose scope owns
    /// what differs from this network's.
    /// </summary>
    internal IReadOnlyList<KeyValuePair<string, Tensor>> MergedState()
    {
        var merged = named_modules().Where(entry => entry.module is AdaptableLinear)
            .ToDictionary(entry => entry.name + ".weight", entry => (AdaptableLinear)entry.module, StringComparer.Ordinal);
        return
        [
            .. state_dict().Where(entry => !AdaptableLinear.IsUpdate(entry.Key))
                .Select(entry => merged.TryGetValue(entry.Key, out var layer) ? new(entry.Key, layer.MergedWeight()) : entry),
        ];
    }

    /// <inheritdoc/>
    public override bool IsFixed(string key) => Adaptation is not null && !IsHead(key) && !AdaptableLinear.IsUpdate(key);

    /// <summary>
    /// One vector a text, <c>[N,H]</c>, of the last layer's states <c>[N,L,H]</c>; the mask, bool <c>[N,L]</c>, is true for text.
    /// </summary>
    private protected abstract Tensor Pool(Tensor states, Tensor mask);

    /// <summary>Features <c>[N,H]</c> of those vectors: what layers of the head other than the last make of them.</summary>
    private protected virtual Tensor FeaturesOf(Tensor pooled) => pooled.alias();

    /// <summary>Rows of the position embedding for token ids <c>[N,L]</c>; int64, <c>[L]</c> or <c>[N,L]</c>.</summary>
    private protected virtual Tensor Positions(Tensor tokens) => TensorArithmetic.UpTo(tokens.shape[1], tokens.device);

    /// <summary>Draws the head.</summary>
    private protected virtual void InitializeHead(Generator generator) => Draw(_head, generator);

    /// <inheritdoc/>
    protected override Tensor Logits(Tensor features)
    {
        using var scope = NewDisposeScope();
        return _head.call(_headDropout.call(features)).MoveToOuterDisposeScope();
    }

    // Modules are registered under the origin's paths, and not under the names of the fields besides.
    protected sealed override void RegisterComponents()
    {
    }

    /// <summary>Gives the module <paramref name="prefix"/>, which sees nothing but the last layer's states, to that layer's stage.</summary>
    private protected void AddToLastStage(string prefix) => _stages[^1] = _stages[^1] with { Prefixes = [.. _stages[^1].Prefixes, prefix] };

    /// <summary>Draws the weight of a linear layer as the origin does.</summary>
    private protected static void Draw(Linear layer, Generator generator) => Draw(layer.weight!, layer.bias!, generator);

    private static void Draw(Tensor weight, Tensor bias, Generator generator)
    {
        Initializers.Normal(weight, 0, InitialDeviation, generator);
        Initializers.Constant(bias, 0);
    }

    private IEnumerable<(LowRankTarget Target, AdaptableLinear Matrix)> Adaptable() => _layers.SelectMany(layer => layer.Adaptable);

    private string LayerKey(int i) => Keys[$"{Keys.Layers}.{i}"];
}
