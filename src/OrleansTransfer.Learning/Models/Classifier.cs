using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Models;

/// <summary>
/// A backbone with its head. State-dict keys and shapes are exactly those of the architecture's origin (torchvision, timm), so weights move both ways
/// by name.
/// Input: pictures, <c>[N,3,H,W]</c> float32, normalised as the weights expect; or texts, <c>[N,L]</c> int64, token ids. Output: logits <c>[N,K]</c>.
/// </summary>
public abstract class Classifier(string architecture) : nn.Module<Tensor, Tensor>(architecture)
{
    // Everything that convolves is one of these.
    static Classifier() => Compute.NativeLog.LeaveOutWarnings();

    /// <summary>The catalogue name, for instance <c>resnet50</c>.</summary>
    public string Architecture { get; } = architecture;

    /// <summary>The backbone from input to output, cut where people freeze it. Every backbone parameter and buffer belongs to exactly one
    /// stage.</summary>
    public abstract IReadOnlyList<Stage> Stages { get; }

    /// <summary>
    /// Key prefixes (without the trailing dot) of the layers that depend on the labels and that <see cref="ReplaceHead"/> replaces: <c>fc</c>,
    /// <c>classifier.6</c>. The last one gives the logits.
    /// </summary>
    public abstract IReadOnlyList<string> HeadPrefixes { get; }

    /// <summary>
    /// Key prefixes (without the trailing dot) of modules that serve training only and that published weights may lack: <c>AuxLogits</c>. A file
    /// without any key of such a module takes the module away with <see cref="RemoveOptional"/>.
    /// </summary>
    public virtual IReadOnlyList<string> OptionalPrefixes => [];

    /// <summary>Takes away the module <paramref name="prefix"/>, one of <see cref="OptionalPrefixes"/>; the logits do not depend on it.</summary>
    public virtual void RemoveOptional(string prefix) =>
        throw new InvalidOperationException($"{Architecture} has no optional module '{prefix}'.");

    /// <summary>
    /// The token id that shorter texts of a batch are filled up with on the right and that no output depends on. Means nothing to a network for
    /// pictures.
    /// </summary>
    public virtual int PaddingToken => 0;

    /// <summary>Whether the parameter <paramref name="key"/> never trains, whatever stages do: something beside it trains in its place.</summary>
    public virtual bool IsFixed(string key) => false;

    /// <summary>Whether the state-dict key, or module name, <paramref name="key"/> belongs to the head.</summary>
    public bool IsHead(string key)
    {
        foreach (var prefix in HeadPrefixes)
            if (key.StartsWith(prefix, StringComparison.Ordinal) && (key.Length == prefix.Length || key[prefix.Length] == '.')) return true;
        return false;
    }

    /// <summary>Width F of the penultimate features <c>[N,F]</c>.</summary>
    public abstract int FeatureWidth { get; }

    /// <summary>Width K of the logits.</summary>
    public abstract int Classes { get; protected set; }

    /// <summary>
    /// Puts a freshly initialised head for <paramref name="classes"/> labels in the place of the present one, under the same keys. The draws come
    /// from
    /// <paramref name="seed"/> alone, so every replica gets the same head.
    /// </summary>
    /// <param name="dropout">Probability in front of the head's linear layer, 0 to 1 (exclusive); masks come from <see
    /// cref="Compute.SeededDropout"/>.</param>
    public abstract void ReplaceHead(int classes, double dropout, long seed);

    /// <summary>Pooled penultimate features <c>[N,F]</c> of a batch: what the head's last layer sees, averaged over space where that layer is a
    /// convolution.</summary>
    public abstract Tensor Features(Tensor input);

    /// <summary>Features and logits of a batch from one pass.</summary>
    public virtual NetworkOutputs Outputs(Tensor input)
    {
        using var scope = NewDisposeScope();
        var features = Features(input);
        return new NetworkOutputs(features, Logits(features)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Whether logits follow from <see cref="Trunk"/> alone, in training too. A network with an auxiliary classifier in its middle takes more, and so
    /// does one that counts words.
    /// </summary>
    public virtual bool HasTrunk => true;

    /// <summary>
    /// What the network makes of each sample before anything that belongs to the head or is random in training, <c>[N,...]</c>. While no stage trains
    /// and their norms are frozen, it is the same in every epoch.
    /// </summary>
    /// <seealso cref="TrunkDropouts"/>
    public virtual Tensor Trunk(Tensor input) => Features(input);

    /// <summary>What is random within the trunk while it trains, and is at rest in phases that train nothing below the head.</summary>
    internal virtual IEnumerable<nn.Module> TrunkDropouts => [];

    /// <summary>Features and logits of what <see cref="Trunk"/> gave.</summary>
    public virtual NetworkOutputs OutputsOfTrunk(Tensor trunk)
    {
        using var scope = NewDisposeScope();
        return new NetworkOutputs(trunk.alias(), Logits(trunk)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return Outputs(input).Logits.MoveToOuterDisposeScope();
    }

    /// <summary>Logits <c>[N,K]</c> of <see cref="Features"/> <c>[N,F]</c>, for networks whose head sees no more than those.</summary>
    protected abstract Tensor Logits(Tensor features);

    /// <summary>Draws all weights anew from <paramref name="seed"/>, by the rules the architecture's origin uses for training from scratch.</summary>
    public abstract void Initialize(long seed);

    /// <summary>
    /// Puts <paramref name="next"/> in the place of <paramref name="current"/>, a child of <paramref name="owner"/>, on the same device and in the
    /// same mode, and disposes the latter.
    /// </summary>
    internal static T Replace<T>(nn.Module owner, string name, T current, T next) where T : nn.Module
    {
        if (current.parameters().FirstOrDefault() is { } parameter) next.to(parameter.device);
        next.train(owner.training);
        owner.register_module(name, null!);
        owner.register_module(name, next);
        current.Dispose();
        return next;
    }
}

/// <summary>A named part of a backbone: the unit of freezing.</summary>
/// <param name="Name">For instance <c>layer4</c> or <c>features.12</c>.</param>
/// <param name="Prefixes">Key prefixes (without the trailing dot) of the modules in the stage.</param>
public sealed record Stage(string Name, IReadOnlyList<string> Prefixes)
{
    /// <summary>Whether the state-dict key <paramref name="key"/> belongs to the stage.</summary>
    public bool Contains(string key)
    {
        foreach (var prefix in Prefixes)
            if (key.Length > prefix.Length && key[prefix.Length] == '.' && key.StartsWith(prefix, StringComparison.Ordinal)) return true;
        return false;
    }
}

/// <summary>What a network makes of a batch.</summary>
/// <param name="Features">Penultimate features <c>[N,F]</c>.</param>
/// <param name="Logits"><c>[N,K]</c>.</param>
/// <param name="Auxiliary">Logits <c>[N,K]</c> of an auxiliary classifier, in training; null where there is none.</param>
public sealed record NetworkOutputs(Tensor Features, Tensor Logits, Tensor? Auxiliary = null)
{
    /// <summary>Moves all tensors to the outer dispose scope.</summary>
    public NetworkOutputs MoveToOuterDisposeScope()
    {
        Features.MoveToOuterDisposeScope();
        Logits.MoveToOuterDisposeScope();
        Auxiliary?.MoveToOuterDisposeScope();
        return this;
    }
}
