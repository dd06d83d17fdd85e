using OrleansTransfer.Learning.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights.KeyMaps;

/// <summary>
/// How another library names the weights of a network, both ways. Where it also computes with other numbers, values are changed such that the logits
/// are the same in evaluation.
/// </summary>
internal sealed class KeyMap
{
    private const string Weight = "weight", Variance = "running_var";

    private readonly string _reading;
    private readonly Dictionary<string, MappedKey> _byOurs = new(StringComparer.Ordinal), _byTheirs = new(StringComparer.Ordinal);
    private readonly HashSet<string> _absent = new(StringComparer.Ordinal);

    // What tells a file of theirs: backbone keys that only they use. Batch counters may be absent, and so may the head.
    private readonly List<string> _telling;

    /// <param name="library">Whose names they are.</param>
    /// <param name="model">The network.</param>
    /// <param name="modules">The layers with another name or form; all others are named alike.</param>
    public KeyMap(string library, Classifier model, IEnumerable<ModulePair> modules)
    {
        var byName = modules.ToDictionary(module => module.Ours, StringComparer.Ordinal);
        _reading = byName.Values.Any(module => module.Epsilons is not null)
            ? $"as {library}'s, with scales of BatchNorm adapted to the epsilon here" : $"as {library}'s";
        foreach (var key in model.state_dict().Keys)
        {
            if (model.OptionalPrefixes.Any(prefix => key.StartsWith(prefix + ".", StringComparison.Ordinal))) _absent.Add(key);
            var dot = key.LastIndexOf('.');
            var module = byName.GetValueOrDefault(key[..dot]) ?? new ModulePair(key[..dot], key[..dot]);
            var mapped = new MappedKey(key, $"{module.Theirs}{key[dot..]}", key[(dot + 1)..], module);
            _byOurs.Add(mapped.Ours, mapped);
            _byTheirs.Add(mapped.Theirs, mapped);
        }
        _telling =
        [
            .. _byOurs.Values.Where(key => !_byOurs.ContainsKey(key.Theirs) && key.Leaf != "num_batches_tracked" && !model.IsHead(key.Ours))
                .Select(key => key.Theirs),
        ];
    }

    /// <summary>What their library calls the network.</summary>
    public required string Model { get; init; }

    /// <summary>What a user of weights under their names should know, a sentence each.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Whether their network lacks a key of this library's.</summary>
    public bool IsAbsent(string key) => _absent.Contains(key);

    /// <summary>
    /// Whether <paramref name="file"/> uses these names: most of those that only they use, and none that only this library uses.
    /// </summary>
    public bool Recognises(IWeightsFile file) =>
        _telling.Count > 0 && 2 * _telling.Count(file.Contains) > _telling.Count
        && !file.Names.Any(name => _byOurs.ContainsKey(name) && !_byTheirs.ContainsKey(name));

    /// <summary><paramref name="file"/> under this library's names. Keys that the map does not know stay as they are.</summary>
    public IWeightsFile ToOurs(IWeightsFile file) => new TranslatedFile(
        file, _reading, [.. file.Names.Select(name => ToOurs(file, name))],
        key => _byOurs.TryGetValue(key, out var mapped) ? mapped.Theirs : key);

    /// <summary>
    /// The weights of a network under their names, without those of modules that their network does not have. New tensors are in the caller's
    /// dispose scope, the others are <paramref name="state"/>'s.
    /// </summary>
    public IEnumerable<(string Name, Tensor Tensor)> ToTheirs(IReadOnlyDictionary<string, Tensor> state) =>
        state.Where(pair => !_absent.Contains(pair.Key)).Select(pair =>
        {
            var key = _byOurs[pair.Key];
            return (key.Theirs, ToTheirs(key, pair.Value, state));
        });

    private static Tensor ToTheirs(MappedKey key, Tensor tensor, IReadOnlyDictionary<string, Tensor> state)
    {
        if (key.Leaf != Weight) return tensor;
        if (key.Module.Epsilons is { } epsilon)
            return NormScale.Fold(tensor, state[$"{key.Module.Ours}.{Variance}"], epsilon.Ours, epsilon.Theirs);
        if (key.Module.Kernel is not { } side) return tensor;
        using var noGradient = no_grad();
        return tensor.reshape(tensor.shape[0], tensor.shape[1] / (side * side), side, side);
    }

    private TranslatedTensor ToOurs(IWeightsFile file, string name)
    {
        var source = file.Info(name);
        if (!_byTheirs.TryGetValue(name, out var key)) return new(source, source);
        var info = new TensorInfo(key.Ours, source.Type, source.Shape);
        if (key.Leaf != Weight) return new(info, source);
        if (key.Module.Kernel is { } side && source.Shape is [var outputs, var inputs, var height, var width] && height == side && width == side)
            return new(info with { Shape = [outputs, inputs * height * width] }, source);
        return key.Module.Epsilons is { } epsilon ? Folded(file, key, info, source, epsilon) : new(info, source);
    }

    private static TranslatedTensor Folded(IWeightsFile file, MappedKey key, TensorInfo info, TensorInfo source, NormEpsilons epsilon)
    {
        // Half precision cannot hold what the fold changes.
        var type = source.Type == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        if (!SafetensorsTypes.IsFloat(source.Type)) return new(info, source);
        return new(info with { Type = type }, source, () =>
        {
            using var scope = NewDisposeScope();
            var scale = file.Load(source.Name).to(type);
            var variance = file.Load($"{key.Module.Theirs}.{Variance}");
            return NormScale.Fold(scale, variance, epsilon.Theirs, epsilon.Ours).MoveToOuterDisposeScope();
        });
    }

    private sealed record MappedKey(string Ours, string Theirs, string Leaf, ModulePair Module);
}
