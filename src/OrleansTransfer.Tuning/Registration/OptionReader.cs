namespace OrleansTransfer.Tuning.Registration;

/// <summary>Reads the options of an algorithm and gathers all that is wrong with them.</summary>
internal sealed class OptionReader(string algorithm, IReadOnlyDictionary<string, double>? given)
{
    private readonly IReadOnlyDictionary<string, double> _given = given ?? new Dictionary<string, double>();
    private readonly List<string> _known = [];
    private readonly List<string> _problems = [];

    /// <summary>An option between two bounds.</summary>
    public double Number(string name, double otherwise, double low, double high)
    {
        _known.Add(name);
        if (!_given.TryGetValue(name, out var value)) return otherwise;
        if (value >= low && value <= high) return value;
        _problems.Add($"{algorithm}.{name}: found {value}; {Range(low, high)}");
        return otherwise;
    }

    /// <summary>A whole option between two bounds.</summary>
    public int Whole(string name, int otherwise, int low, int high = int.MaxValue)
    {
        var value = Number(name, otherwise, low, high);
        if (double.IsInteger(value)) return (int)value;
        _problems.Add($"{algorithm}.{name}: found {value}; a whole number, {Range(low, high)}");
        return otherwise;
    }

    /// <summary>An option that is 0 for no or 1 for yes.</summary>
    public bool Flag(string name, bool otherwise) => Whole(name, otherwise ? 1 : 0, 0, 1) == 1;

    /// <exception cref="TuningException">An option is out of range or unknown; names all that are.</exception>
    public void Finish()
    {
        foreach (var name in _given.Keys.Except(_known))
        {
            var meant = NearestName.Of(name, _known) is { } nearest ? $"did you mean '{nearest}'? " : "";
            _problems.Add(_known.Count == 0
                ? $"{algorithm}.{name}: '{algorithm}' has no options"
                : $"{algorithm}.{name}: no such option; {meant}Known are {string.Join(", ", _known)}");
        }
        if (_problems.Count > 0) throw new TuningException(string.Join(Environment.NewLine, _problems));
    }

    private static string Range(double low, double high) => high is int.MaxValue or double.PositiveInfinity ? $"at least {low}" : $"{low} to {high}";
}
