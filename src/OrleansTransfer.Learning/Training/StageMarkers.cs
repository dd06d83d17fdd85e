using OrleansTransfer.Learning.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>
/// Says during the backward pass which sections of the flat gradients are final. A section is the head (0), a stage of the backbone (1 for the last
/// one, rising towards the input), or, after all of those, what only training has.
/// </summary>
internal sealed class StageMarkers : IDisposable
{
    private readonly List<Action> _unhook = [];
    private readonly int[] _pending;
    private Action<int>? _ready;

    /// <summary>Watches the entrances of <paramref name="model"/>'s stages.</summary>
    public StageMarkers(Classifier model)
    {
        _pending = new int[model.Stages.Count];
        var modules = model.named_modules().ToDictionary(entry => entry.name, entry => entry.module, StringComparer.Ordinal);
        foreach (var (index, stage) in model.Stages.Index())
        {
            // Whatever the stage and all behind it compute comes from this module's input.
            if (modules[stage.Prefixes[0]] is not nn.Module<Tensor, Tensor> entrance) continue;
            var hook = entrance.register_forward_pre_hook((_, input) => Mark(index, model.Stages.Count - index, input));
            _unhook.Add(hook.remove);
        }
    }

    /// <summary>The section that a parameter belongs to.</summary>
    public static int SectionOf(Classifier model, string key)
    {
        if (model.OptionalPrefixes.Any(prefix => key.StartsWith(prefix + ".", StringComparison.Ordinal))) return model.Stages.Count + 1;
        for (var index = 0; index < model.Stages.Count; index++)
            if (model.Stages[index].Contains(key)) return model.Stages.Count - index;
        return 0;
    }

    /// <summary>
    /// From now on, tells <paramref name="ready"/> the highest section that is final, whenever it rises. It is called on the thread that runs the
    /// backward pass and must not throw. Forward passes before are not counted.
    /// </summary>
    public void Arm(Action<int> ready)
    {
        Array.Clear(_pending);
        _ready = ready;
    }

    /// <summary>Tells nobody any more.</summary>
    public void Disarm() => _ready = null;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var remove in _unhook) remove();
    }

    private Tensor Mark(int stage, int section, Tensor input)
    {
        if (_ready is not { } ready || !input.requires_grad) return input;

        // Several passes of one step add to the same gradients: the last of them makes these final.
        _pending[stage]++;
        return GradientReady.apply(input, (Action)(() =>
        {
            if (--_pending[stage] == 0) ready(section);
        }));
    }
}
