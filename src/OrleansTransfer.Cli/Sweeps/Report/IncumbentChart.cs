using System.Globalization;
using System.Text;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Sweeps.Report;

/// <summary>The best value so far as a staircase, and every trial that ended with a value as a dot.</summary>
internal static class IncumbentChart
{
    private const double Width = 480, Height = 270, Left = 58, Right = 16, Top = 34, Bottom = 40;

    /// <param name="sweep">The sweep.</param>
    /// <param name="scale">Range of the metric.</param>
    /// <param name="title">Title.</param>
    /// <param name="along">Name of the horizontal axis.</param>
    /// <param name="at">Where a trial is on it.</param>
    public static string Render(SweepSnapshot sweep, MetricScale scale, string title, string along, Func<IncumbentPoint, double> at)
    {
        var points = Incumbents.Of(sweep);
        if (points.Count == 0) return "";
        // A little room, so that the best does not lie on the frame.
        var room = Math.Max((scale.High - scale.Low) * 0.06, 1e-9);
        var (vertical, across) = (new NumberAxis(scale.Low - room, scale.High + room), new NumberAxis(0, Math.Max(1, points.Max(at))));
        var svg = new Svg(Width, Height, title);
        svg.Text(Left, 16, title, "chart-title");
        foreach (var (place, label) in vertical.Marks)
        {
            svg.Line(Left, Y(place), Width - Right, Y(place), "grid");
            svg.Text(Left - 6, Y(place) + 4, label, "tick", "end");
        }
        foreach (var (place, label) in across.Marks) svg.Text(X(place), Height - Bottom + 16, label, "tick", "middle");
        svg.Text((Left + Width - Right) / 2, Height - 6, along, "tick", "middle");
        foreach (var point in points)
        {
            var (fill, edge) = point.Counts ? (MetricScale.ColourOf(0.85), "none") : ("none", MetricScale.Nothing);
            svg.Add($"<circle cx=\"{X(across.Place(at(point))):0.#}\" cy=\"{Y(vertical.Place(point.Value)):0.#}\" r=\"3\"");
            svg.Add($" fill=\"{fill}\" stroke=\"{edge}\" fill-opacity=\"0.6\">");
            svg.Add($"<title>trial {point.Trial.Number} ({point.Trial.State}): {SweepFigures.Metric(point.Value)}</title></circle>");
        }
        svg.Add($"<path d=\"{Staircase()}\" fill=\"none\" stroke=\"{MetricScale.Accent}\" stroke-width=\"2.2\"/>");
        return svg.ToString();

        double X(double place) => Left + (place * (Width - Left - Right));

        double Y(double place) => Top + ((1 - place) * (Height - Top - Bottom));

        string Staircase()
        {
            var path = new StringBuilder();
            foreach (var point in points.Where(point => point.Best is not null))
            {
                var (x, y) = (X(across.Place(at(point))), Y(vertical.Place(point.Best!.Value)));
                if (path.Length == 0) path.Append(CultureInfo.InvariantCulture, $"M{x:0.#} {y:0.#} ");
                else path.Append(CultureInfo.InvariantCulture, $"H{x:0.#} V{y:0.#} ");
            }
            return path.ToString().TrimEnd();
        }
    }
}
