namespace OrleansTransfer.Learning.Weights;

/// <summary>A weights file is sound but belongs to another network.</summary>
public sealed class WeightsMismatchException : LearningException
{
    private const int Listed = 10;

    internal WeightsMismatchException(IWeightsFile file, string architecture, StateDictComparison comparison)
        : base(Describe(file, architecture, comparison))
    {
        Missing = comparison.Missing;
        Unexpected = comparison.Unexpected;
        Mismatched = [.. comparison.Mismatched.Select(pair => pair.Key)];
    }

    /// <summary>For a file whose network is known to be another one, of whatever keys.</summary>
    internal WeightsMismatchException(string message) : base(message) => (Missing, Unexpected, Mismatched) = ([], [], []);

    /// <summary>Keys of the model that the file lacks.</summary>
    public IReadOnlyList<string> Missing { get; }

    /// <summary>Keys of the file that the model lacks.</summary>
    public IReadOnlyList<string> Unexpected { get; }

    /// <summary>Keys that both have, with another shape or kind of type.</summary>
    public IReadOnlyList<string> Mismatched { get; }

    private static string Describe(IWeightsFile file, string architecture, StateDictComparison comparison)
    {
        List<string> parts = [];
        var readings = TranslatedFile.ReadingsOf(file);
        Add("missing", comparison.Missing, key =>
        {
            var name = TranslatedFile.NameInFile(file, key);
            var shown = name == key ? key : $"{name}, here {key}";
            return NearestName.Of(name, comparison.Unexpected) is { } nearest ? $"{shown} (nearest in the file: {nearest})" : shown;
        });
        Add("unexpected", comparison.Unexpected, key =>
            NearestName.Of(key, comparison.Missing) is { } nearest ? $"{key} (nearest in the model: {nearest})" : key);
        Add("of another shape or type", comparison.Mismatched, pair => $"{pair.Key} is {pair.InFile} in the file and {pair.InModel} in the model");
        var hint = comparison.OnlyTheHeadDiffers
            ? " Only the head differs: weights for another number of labels can be used where the head is replaced." : "";
        var read = readings.Count > 0 ? $" (its keys read {string.Join(" and ", readings)})" : "";
        return $"The weights in '{file.Path}'{read} do not fit {architecture}: {string.Join("; ", parts)}.{hint}";

        void Add<T>(string kind, IReadOnlyList<T> keys, Func<T, string> describe)
        {
            if (keys.Count == 0) return;
            var more = keys.Count > Listed ? $", and {keys.Count - Listed} more" : "";
            parts.Add($"{keys.Count} {(keys.Count == 1 ? "key" : "keys")} {kind}: {string.Join(", ", keys.Take(Listed).Select(describe))}{more}");
        }
    }
}
