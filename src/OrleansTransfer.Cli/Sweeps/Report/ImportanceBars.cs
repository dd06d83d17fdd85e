using System.Globalization;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Sweeps;
using OrleansTransfer.Tuning.Importance;

namespace OrleansTransfer.Cli.Sweeps.Report;

/// <summary>A bar per parameter, as long as its share of the metric's variance.</summary>
internal static class ImportanceBars
{
    private const double Width = 720, Row = 26, LetterWidth = 7, End = 60;
    private const int LongestName = 36;

    /// <summary>The drawing.</summary>
    public static string Render(SweepSnapshot sweep, IReadOnlyList<ParameterImportance> importances)
    {
        var names = ParameterNames.Of(sweep.Search.Space.Select(parameter => parameter.Path));
        var left = (Math.Min(LongestName, importances.Max(importance => names[importance.Path].Length)) * LetterWidth) + 12;
        var svg = new Svg(Width, (importances.Count * Row) + 6, "Importance of each parameter", "bars");
        var colour = MetricScale.ColourOf(0.85);
        foreach (var (i, (path, share)) in importances.Index())
        {
            var y = i * Row;
            var length = Math.Clamp(share, 0, 1) * (Width - left - End);
            svg.Text(left - 10, y + 17, FittedTable.Fit(names[path], LongestName), "bar-name", "end");
            svg.Add($"<rect x=\"{left:0.#}\" y=\"{y + 4:0.#}\" width=\"{Math.Max(1, length):0.#}\" height=\"18\" rx=\"2\" fill=\"{colour}\"/>");
            svg.Text(left + length + 8, y + 17, share.ToString("0.00", CultureInfo.InvariantCulture), "tick");
        }
        return svg.ToString();
    }
}
