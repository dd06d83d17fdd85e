using System.Globalization;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Sweeps;
using OrleansTransfer.Learning.Evaluation;

namespace OrleansTransfer.Cli.Sweeps.Report;

/// <summary>An axis per parameter and one for the metric; a trial is a line across them, in the colour of its metric.</summary>
internal static class ParallelCoordinates
{
    private const double Left = 30, Right = 92, Top = 44, Bottom = 14;
    private const double Height = 340, Least = 1000, Distance = 132, LetterWidth = 6.4;

    // Room below an axis for trials that lack the parameter.
    private const double Absent = 26;

    // Trials with the same choice are drawn apart: lines through one point cannot be followed.
    private const double Spread = 0.5;

    /// <summary>The drawing; empty when no trial has been started.</summary>
    public static string Render(SweepSnapshot sweep, MetricScale scale)
    {
        if (sweep.Trials.Count == 0 || sweep.Search.Space.Count == 0) return "";
        var space = sweep.Search.Space;
        var names = ParameterNames.Of(space.Select(parameter => parameter.Path));
        var (axes, metric) = (space.Select(Axis.Of).ToList(), new NumberAxis(scale.Low, scale.High));
        var width = Math.Max(Least, Left + Right + (Distance * axes.Count));
        bool[] absent = [.. space.Select(parameter => sweep.Trials.Any(trial => !trial.Parameters.ContainsKey(parameter.Path)))];
        var height = Top + Height + Bottom + (absent.Contains(true) ? Absent : 0);
        var svg = new Svg(width, height, $"Parameters and {sweep.Search.Metric} of {sweep.Trials.Count} trials", "wide");

        foreach (var trial in InOrder(sweep, scale)) Trial(trial);
        for (var i = 0; i < axes.Count; i++) Draw(i, axes[i], names[space[i].Path], space[i].Path);
        Draw(axes.Count, metric, sweep.Search.Metric, sweep.Search.Metric);
        for (var i = 0; i < axes.Count; i++) if (absent[i]) svg.Text(X(i) + 7, Y(0) + Absent + 4, "not used", "mark");
        return svg.ToString();

        double X(int axis) => Left + (axis * (width - Left - Right) / axes.Count);

        double Y(double place) => Top + ((1 - place) * Height);

        string Point(int axis, double y) => string.Create(CultureInfo.InvariantCulture, $"{X(axis):0.#},{y:0.#}");

        void Trial(SweepTrial trial)
        {
            var points = new List<string>();
            for (var i = 0; i < axes.Count; i++)
            {
                var place = trial.Parameters.TryGetValue(space[i].Path, out var value) ? axes[i].Place(value) : null;
                var y = place is { } known ? Y(known + (axes[i].Share * Spread * Offset(trial.Number))) : Y(0) + Absent;
                points.Add(Point(i, y));
            }
            if (Known(trial) is { } result) points.Add(Point(axes.Count, Y(metric.Place(result))));
            var best = trial.Number == sweep.Best;
            var colour = best ? MetricScale.Accent : Known(trial) is { } measured ? scale.Colour(measured) : MetricScale.Nothing;
            var (pen, alpha) = best ? (3.0, 1.0) : (sweep.Trials.Count > 100 ? 1.0 : 1.6, Alpha(sweep.Trials.Count));
            svg.Add($"<polyline points=\"{string.Join(' ', points)}\" fill=\"none\"");
            svg.Add($" stroke=\"{colour}\" stroke-width=\"{pen}\" stroke-opacity=\"{alpha:0.##}\">");
            svg.Add($"<title>{HtmlPage.Escape(Title(sweep, trial))}</title></polyline>");
        }

        void Draw(int index, Axis axis, string name, string path)
        {
            var x = X(index);
            var room = (int)(((width - Left - Right) / axes.Count / LetterWidth) - 1);
            svg.Line(x, Y(0), x, Y(1), "axis");
            svg.Add($"<text class=\"chart-title\" x=\"{x - 14:0.#}\" y=\"18\">{HtmlPage.Escape(FittedTable.Fit(name, room))}");
            svg.Add($"<title>{HtmlPage.Escape(path)}</title></text>");
            foreach (var (at, label) in axis.Marks)
            {
                svg.Line(x - 3, Y(at), x + 3, Y(at), "axis");
                svg.Text(x + 7, Y(at) + 4, FittedTable.Fit(label, room - 1), "mark");
            }
        }
    }

    // Better ones over worse ones, the best over all.
    private static IEnumerable<SweepTrial> InOrder(SweepSnapshot sweep, MetricScale scale) => sweep.Trials
        .OrderBy(trial => trial.Number == sweep.Best ? 2 : Known(trial) is { } value ? scale.Goodness(value) : -1)
        .ThenBy(trial => trial.Number);

    private static double? Known(SweepTrial trial) => trial.Value is { } value && double.IsFinite(value) ? value : null;

    private static double Alpha(int trials) => Math.Clamp(20.0 / trials, 0.22, 0.75);

    // From -0.5 to 0.5 and evenly spread for any number of trials: the fractions of multiples of the golden ratio.
    private static double Offset(int number) => ((number * 0.6180339887498949) % 1) - 0.5;

    private static string Title(SweepSnapshot sweep, SweepTrial trial)
    {
        var values = string.Join(", ", trial.Parameters.Select(value => $"{value.Key} {SweepFigures.Value(value.Value)}"));
        return $"trial {trial.Number} ({trial.State}, {trial.Epochs} epochs): {sweep.Search.Metric} {SweepFigures.Metric(trial.Value)}; {values}";
    }
}
