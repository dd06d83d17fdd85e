using System.Globalization;
using System.Text;

namespace OrleansTransfer.Host.Metrics;

/// <summary>Gauges in Prometheus' text format.</summary>
internal sealed class GaugePage
{
    private readonly StringBuilder _page = new();

    /// <summary>A gauge; nothing where it has no values.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="help">What it says.</param>
    /// <param name="values">Labels, made by <see cref="Label"/> and separated by commas, and numbers.</param>
    public void Add(string name, string help, IReadOnlyCollection<(string Labels, double Value)> values)
    {
        if (values.Count == 0) return;
        _page.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} gauge\n");
        foreach (var (labels, value) in values) _page.Append(CultureInfo.InvariantCulture, $"{name}{{{labels}}} {Format(value)}\n");
    }

    /// <summary>A label with its value.</summary>
    public static string Label(string name, string value) => $"{name}=\"{Escape(value)}\"";

    /// <inheritdoc/>
    public override string ToString() => _page.ToString();

    private static string Format(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static string Escape(string label) => label
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal);
}
