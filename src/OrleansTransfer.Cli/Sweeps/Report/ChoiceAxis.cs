using System.Globalization;

namespace OrleansTransfer.Cli.Sweeps.Report;

/// <summary>An axis of values without order, evenly spaced.</summary>
internal sealed class ChoiceAxis(IReadOnlyList<string> values) : Axis
{
    // The first at the top, as one reads.
    public override IReadOnlyList<AxisMark> Marks => [.. values.Select((value, i) => new AxisMark(At(i), value)).Reverse()];

    public override double Share => 1.0 / values.Count;

    public override double? Place(string value)
    {
        for (var i = 0; i < values.Count; i++) if (values[i] == value || SameNumber(values[i], value)) return At(i);
        return null;
    }

    private double At(int index) => 1 - ((index + 0.5) / values.Count);

    // A recipe may say 1e-3 where the search, which has read it, says 0.001.
    private static bool SameNumber(string left, string right) =>
        double.TryParse(left, NumberStyles.Float, CultureInfo.InvariantCulture, out var one)
        && double.TryParse(right, NumberStyles.Float, CultureInfo.InvariantCulture, out var other) && one == other;
}
