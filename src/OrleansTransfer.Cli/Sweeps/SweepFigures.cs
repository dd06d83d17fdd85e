using System.Globalization;

namespace OrleansTransfer.Cli.Sweeps;

/// <summary>Numbers of sweeps as people read them: three to four digits that count.</summary>
internal static class SweepFigures
{
    private const int ShortText = 6;

    /// <summary>A metric: four digits after the point while that says enough; a dash for none.</summary>
    public static string Metric(double? value) => value switch
    {
        { } known when Math.Abs(known) is >= 0.001 and < 10 or 0 => known.ToString("0.0000", CultureInfo.InvariantCulture),
        { } known when double.IsFinite(known) => Number(known),
        _ => "-",
    };

    /// <summary>A number in three to four digits: <c>0.0125</c>, <c>3.12e-5</c>, <c>1280</c>.</summary>
    public static string Number(double value) => Math.Abs(value) switch
    {
        0 => "0",
        >= 1000 and < 1e6 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 0.001 and < 1000 => value.ToString("G4", CultureInfo.InvariantCulture),
        _ => value.ToString("0.##e0", CultureInfo.InvariantCulture),
    };

    /// <summary>A value of a recipe: numbers that are long are rounded, everything else stays.</summary>
    public static string Value(string text) =>
        text.Length > ShortText && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? Number(number)
            : text;

    /// <summary>Hours with two digits that count; minutes when there are few.</summary>
    public static string Hours(double hours) => hours switch
    {
        0 => "0 min",
        < 1 => $"{(hours * 60).ToString(hours < 0.1 ? "0.0" : "0", CultureInfo.InvariantCulture)} min",
        _ => $"{hours.ToString(hours < 10 ? "0.0" : "0", CultureInfo.InvariantCulture)} h",
    };
}
