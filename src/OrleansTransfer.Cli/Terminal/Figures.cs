using System.Globalization;

namespace OrleansTransfer.Cli.Terminal;

/// <summary>Numbers and times as people read them.</summary>
internal static class Figures
{
    /// <summary>A metric with four digits after the point; a dash when there is none.</summary>
    public static string Metric(IReadOnlyDictionary<string, double>? values, string name) =>
        values is not null && values.TryGetValue(name, out var value) && double.IsFinite(value)
            ? value.ToString("0.0000", CultureInfo.InvariantCulture)
            : "-";

    /// <summary>One digit after the point.</summary>
    public static string Short(double value) => double.IsFinite(value) ? value.ToString("0.0", CultureInfo.InvariantCulture) : "-";

    /// <summary>Digits in groups: 25,557,032.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Millions or billions to three digits: 349 M, 4.09 G.</summary>
    public static string Large(long value) => value >= 1_000_000_000
        ? (value / 1e9).ToString(value >= 10_000_000_000 ? "0.0 'G'" : "0.00 'G'", CultureInfo.InvariantCulture)
        : (value / 1e6).ToString(value >= 100_000_000 ? "0 'M'" : "0.0 'M'", CultureInfo.InvariantCulture);

    /// <summary>A moment in local time.</summary>
    public static string Time(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
