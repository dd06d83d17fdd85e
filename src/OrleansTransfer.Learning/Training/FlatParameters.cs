using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Transfer;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>Where one parameter lies in the flat tensors.</summary>
/// <param name="Key">State-dict key.</param>
/// <param name="Offset">First element.</param>
/// <param name="Count">Number of elements.</param>
/// <param name="Shape">Shape of the parameter.</param>
/// <param name="Section">When its gradient becomes final in the backward pass: see <see cref="StageMarkers"/>.</param>
internal sealed record ParameterSlot(string Key, long Offset, long Count, long[] Shape, int Section);

/// <summary>A run of parameters that share a learning rate and a weight decay.</summary>
/// <param name="IsHead">Head or backbone.</param>
/// <param name="Decays">Whether weight decay applies: to tensors of two and more dimensions.</param>
/// <param name="Offset">First element.</param>
/// <param name="Count">Number of elements, gaps included.</param>
internal sealed record ParameterGroup(bool IsHead, bool Decays, long Offset, long Count);

/// <summary>
/// The trainable parameters of a phase in one contiguous tensor, and their gradients in another, so that a step updates and exchanges a few long
/// vectors instead of a hundred small tensors. The model's parameters become views of the one, their gradients views of the other. Order: the head,
/// then the backbone's stages from the last to the first, as the backward pass comes to them; within a stage decaying before not decaying, then the
/// model's own order, which is the same on every rank.
/// </summary>
internal sealed class FlatParameters : IDisposable
{
    // Every parameter starts on a 64-byte boundary, as libtorch's own allocations do; the gaps stay zero.
    private const long Alignment = 16;

    private readonly List<TorchSharp.Modules.Parameter> _parameters = [];
    private bool _zero;

    /// <summary>Lays out the parameters of <paramref name="model"/> that require gradients; the model must be on its device already.</summary>
    /// <param name="companion">Networks that train beside the model, laid out behind it; null for none.</param>
    /// <param name="tailLength">Elements to keep free behind the gradients for whatever travels with them.</param>
    public FlatParameters(Classifier model, long tailLength, nn.Module? companion = null)
    {
        var ordered = model.named_parameters()
            .Where(entry => entry.parameter.requires_grad)
            .Select(entry => (Key: entry.name, entry.parameter, IsHead: Freezing.IsHead(model, entry.name), Decays: entry.parameter.dim() >= 2))
            .Concat(OfCompanion(companion))
            .OrderBy(entry => SectionOf(model, entry.Key)).ThenByDescending(entry => entry.IsHead).ThenByDescending(entry => entry.Decays)
            .ToList();
        if (ordered.Count == 0)
            throw new InvalidOperationException($"{model.Architecture}: the phase trains no parameter.");

        var slots = new List<ParameterSlot>();
        var groups = new List<ParameterGroup>();
        long offset = 0;
        foreach (var (key, parameter, isHead, decays) in ordered)
        {
            slots.Add(new(key, offset, parameter.numel(), parameter.shape, SectionOf(model, key)));
            var start = offset;
            offset = (offset + parameter.numel() + Alignment - 1) / Alignment * Alignment;
            if (groups.LastOrDefault() is { } last && last.IsHead == isHead && last.Decays == decays)
                groups[^1] = last with { Count = offset - last.Offset };
            else groups.Add(new(isHead, decays, start, offset - start));
        }
        Slots = slots;
        Groups = groups;
        Count = offset;

        var device = ordered[0].parameter.device;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Values = zeros(offset, device: device).DetachFromDisposeScope();
        Exchanged = zeros(offset + tailLength, device: device).DetachFromDisposeScope();
        Gradients = Exchanged.narrow(0, 0, offset).DetachFromDisposeScope();
        Tail = Exchanged.narrow(0, offset, tailLength).DetachFromDisposeScope();
        foreach (var (slot, entry) in slots.Zip(ordered))
        {
            using var value = View(Values, slot).copy_(entry.parameter);
            using var gradient = View(Gradients, slot);
            entry.parameter.set_(value);
            entry.parameter.grad = gradient;
            _parameters.Add(entry.parameter);
        }
    }

    /// <summary>Where each parameter lies, in flat order.</summary>
    public IReadOnlyList<ParameterSlot> Slots { get; }

    /// <summary>Runs that cover the flat tensors without overlap.</summary>
    public IReadOnlyList<ParameterGroup> Groups { get; }

    /// <summary>Elements of <see cref="Values"/> and <see cref="Gradients"/>.</summary>
    public long Count { get; }

    /// <summary>Parameter values <c>[Count]</c>.</summary>
    public Tensor Values { get; }

    /// <summary>
    /// Gradients <c>[Count]</c>: the front of <see cref="Exchanged"/>. Zero it in place: a module's own <c>zero_grad</c> would drop the views.
    /// </summary>
    public Tensor Gradients { get; }

    /// <summary>What travels with the gradients: the end of <see cref="Exchanged"/>.</summary>
    public Tensor Tail { get; }

    /// <summary>Gradients and tail <c>[Count + tail]</c>, contiguous.</summary>
    public Tensor Exchanged { get; }

    /// <summary>Makes all of <see cref="Exchanged"/> zero, for the gradients of a step to be added to.</summary>
    public void Clear()
    {
        if (_zero) Tail.zero_();
        else Exchanged.zero_();
        _zero = false;
    }

    /// <summary>Takes in that all gradients have been set to zero.</summary>
    public void Cleared() => _zero = true;

    /// <summary>The part of a flat tensor <c>[Count]</c> that belongs to a parameter, in the parameter's shape. The caller disposes it.</summary>
    public static Tensor View(Tensor flat, ParameterSlot slot)
    {
        using var part = flat.narrow(0, slot.Offset, slot.Count);
        return part.view(slot.Shape).DetachFromDisposeScope();
    }

    // The gradients of companions are the first to be final, but nothing in the backward pass says when.
    private static int SectionOf(Classifier model, string key) => Companions.IsKey(key) ? model.Stages.Count + 1 : StageMarkers.SectionOf(model, key);

    private static IEnumerable<(string Key, TorchSharp.Modules.Parameter parameter, bool IsHead, bool Decays)> OfCompanion(nn.Module? companion) =>
        companion?.named_parameters().Select(entry => (Companions.Key(entry.name), entry.parameter, true, entry.parameter.dim() >= 2)) ?? [];

    /// <summary>Takes the gradients off the parameters; these keep their values, and with them the memory of <see cref="Values"/>.</summary>
    public void Dispose()
    {
        foreach (var parameter in _parameters) parameter.grad = null;
        Tail.Dispose();
        Gradients.Dispose();
        Exchanged.Dispose();
        Values.Dispose();
    }
}
