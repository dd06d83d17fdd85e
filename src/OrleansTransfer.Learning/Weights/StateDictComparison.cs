using OrleansTransfer.Learning.Models;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights;

/// <summary>How the keys, shapes and types of a weights file and of a model differ. Looks at no values.</summary>
internal sealed class StateDictComparison
{
    // Batch counts do not enter inference, and files written before they existed lack them.
    private const string CounterSuffix = ".num_batches_tracked";

    private readonly Classifier _model;

    public StateDictComparison(Classifier model, IReadOnlyDictionary<string, Tensor> state, IWeightsFile file, bool ignoreHead)
    {
        _model = model;
        Removed = [.. model.OptionalPrefixes.Where(prefix => !file.Names.Any(name => LiesIn(prefix, name)))];
        foreach (var (key, tensor) in state)
        {
            if (Removed.Any(prefix => LiesIn(prefix, key))) continue;
            if (ignoreHead && InHead(key)) continue;
            if (!file.Contains(key))
            {
                (key.EndsWith(CounterSuffix, StringComparison.Ordinal) ? Counters : Missing).Add(key);
                continue;
            }
            var info = file.Info(key);
            if (info.Shape.SequenceEqual(tensor.shape) && SafetensorsFile.Converts(info.Type, tensor.dtype)) Fitting.Add(key);
            else Mismatched.Add((key, Describe(info.Type, info.Shape), Describe(tensor.dtype, tensor.shape)));
        }
        foreach (var name in file.Names)
        {
            if (ignoreHead && InHead(name)) Dropped.Add(name);
            else if (!state.ContainsKey(name)) Unexpected.Add(name);
        }
    }

    public List<string> Fitting { get; } = [];

    public List<string> Missing { get; } = [];

    public List<string> Counters { get; } = [];

    public List<string> Removed { get; }

    public List<string> Unexpected { get; } = [];

    public List<string> Dropped { get; } = [];

    public List<(string Key, string InFile, string InModel)> Mismatched { get; } = [];

    public bool Fits => Missing.Count + Unexpected.Count + Mismatched.Count == 0;

    public bool OnlyTheHeadDiffers => !Fits && Missing.Concat(Unexpected).Concat(Mismatched.Select(pair => pair.Key)).All(InHead);

    private static bool LiesIn(string prefix, string key) =>
        key.Length > prefix.Length && key[prefix.Length] == '.' && key.StartsWith(prefix, StringComparison.Ordinal);

    private bool InHead(string key) => _model.IsHead(key);

    private static string Describe(ScalarType type, IEnumerable<long> shape) =>
        $"{SafetensorsTypes.Name(type) ?? type.ToString()} {TensorInfo.Describe(shape)}";
}
