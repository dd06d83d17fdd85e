using System.Globalization;

namespace OrleansTransfer.Benchmarks;

/// <summary>The options of a benchmark: pairs of <c>--name value</c>.</summary>
internal sealed class Options
{
    private readonly Dictionary<string, string> _values = [];

    /// <summary>Null when the arguments are not such pairs.</summary>
    public static Options? Parse(ReadOnlySpan<string> arguments)
    {
        if (arguments.Length % 2 != 0) return null;
        var options = new Options();
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal)) return null;
            options._values[arguments[i][2..]] = arguments[i + 1];
        }
        return options;
    }

    public string Text(string name, string otherwise) => _values.GetValueOrDefault(name, otherwise);

    public IReadOnlyList<double> Numbers(string name, params double[] otherwise) =>
        _values.TryGetValue(name, out var value) ? [.. value.Split(',').Select(part => double.Parse(part, CultureInfo.InvariantCulture))] : otherwise;

    public int Number(string name, int otherwise) =>
        _values.TryGetValue(name, out var value) ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
}
