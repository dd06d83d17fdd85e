namespace OrleansTransfer.Learning.Weights.PyTorch;

/// <summary>Finds the state dict in what was saved: the thing itself, or an entry beside an epoch, an optimizer and the like.</summary>
internal static class StateDictSection
{
    /// <summary>
    /// Entries that training programs keep a state dict in, in the order they are looked for. Averaged weights (EMA) come last: the plain ones are
    /// what the file is named after.
    /// </summary>
    public static readonly IReadOnlyList<string> Names = ["state_dict", "model", "model_state_dict", "state_dict_ema", "model_ema", "ema"];

    private const int Listed = 10;

    /// <summary>
    /// The tensors by name and the entry they were taken from, or null where <paramref name="root"/> itself is the state dict. An entry counts when
    /// it is a dict with at least one tensor. Values that are no tensors are passed over.
    /// </summary>
    /// <returns>The reason to refuse, or null.</returns>
    public static string? TryFind(object? root, out IReadOnlyList<(string Name, PickledTensor Tensor)> tensors, out string? section)
    {
        (tensors, section) = ([], null);
        if (root is not PickleDict dict) return "the file does not hold a dict of tensors; save the state dict: torch.save(model.state_dict(), path)";
        var chosen = dict;
        foreach (var name in Names)
        {
            // As in Python, the last of several equal keys counts.
            var found = dict.Pairs.LastOrDefault(pair => pair.Key is string key && key == name).Value;
            if (found is not PickleDict entry || !HoldsTensors(entry)) continue;
            (chosen, section) = (entry, name);
            break;
        }
        if (!HoldsTensors(chosen))
        {
            var keys = dict.Pairs.Select(pair => pair.Key).OfType<string>().Select(Quoted.Text).Take(Listed).ToList();
            return $"the file holds no tensors at its top level, nor in a dict under one of {string.Join(", ", Names)}; " +
                (keys.Count == 0 ? "it is empty" : $"its keys are {string.Join(", ", keys)}{(dict.Pairs.Count > keys.Count ? ", ..." : "")}");
        }

        List<(string, PickledTensor)> list = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (var (key, value) in chosen.Pairs)
        {
            if (value is not PickledTensor tensor) continue;
            if (key is not string name) return "a tensor's key is not a string";
            if (!names.Add(name)) return $"the key {Quoted.Text(name)} occurs twice";
            list.Add((name, tensor));
        }
        tensors = list;
        return null;
    }

    private static bool HoldsTensors(PickleDict dict) => dict.Pairs.Any(pair => pair.Value is PickledTensor);
}
