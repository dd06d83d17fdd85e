using System.Globalization;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Sweeps.Report;

/// <summary>
/// How good values are, from 0 to 1, and their colours. The colours are the "cividis" map of Nuñez, Anderton and Renslow (PLoS ONE 13(7), 2018),
/// which people with and without colour vision deficiency see alike, from its dark end for the best; the lightest part, which white paper swallows,
/// is left out.
/// </summary>
internal sealed class MetricScale
{
    /// <summary>Of the best trial: vermilion, of the palette by Okabe and Ito, told apart from blue and yellow by everyone.</summary>
    public const string Accent = "#d55e00";

    /// <summary>Of trials without a value.</summary>
    public const string Nothing = "#9ca3af";

    private static readonly (double R, double G, double B)[] s_map =
        [(0, 34, 78), (33, 63, 110), (77, 86, 108), (111, 112, 115), (147, 139, 120), (186, 168, 110), (222, 201, 92)];

    private readonly bool _maximises;

    public MetricScale(SweepSnapshot sweep)
    {
        _maximises = sweep.Search.Maximises;
        double[] values = [.. sweep.Trials.Select(trial => trial.Value).OfType<double>().Where(double.IsFinite).Order()];
        if (values.Length == 0) values = [0];
        // A few trials that went astray would leave no room for the differences that matter.
        (Low, High) = _maximises ? (At(values, 0.1), values[^1]) : (values[0], At(values, 0.9));
    }

    /// <summary>The lower end; values below count as this.</summary>
    public double Low { get; }

    /// <summary>The upper end; values above count as this.</summary>
    public double High { get; }

    /// <summary>Whether values beyond the worse end count as that end.</summary>
    public string WorstLabel => $"{(_maximises ? "≤" : "≥")} {SweepFigures.Metric(_maximises ? Low : High)}";

    /// <summary>The better end.</summary>
    public string BestLabel => SweepFigures.Metric(_maximises ? High : Low);

    /// <summary>0 for the worst, 1 for the best.</summary>
    public double Goodness(double value)
    {
        var share = High > Low ? Math.Clamp((value - Low) / (High - Low), 0, 1) : 1;
        return _maximises ? share : 1 - share;
    }

    /// <summary>The colour of a value.</summary>
    public string Colour(double value) => ColourOf(Goodness(value));

    /// <summary>The colour of a goodness.</summary>
    public static string ColourOf(double goodness)
    {
        var at = (1 - goodness) * (s_map.Length - 1);
        var i = Math.Min((int)at, s_map.Length - 2);
        var (left, right, share) = (s_map[i], s_map[i + 1], at - i);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"rgb({left.R + (share * (right.R - left.R)):0},{left.G + (share * (right.G - left.G)):0},{left.B + (share * (right.B - left.B)):0})");
    }

    private static double At(double[] sorted, double share) => sorted[(int)Math.Round(share * (sorted.Length - 1))];
}
