using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Sweeps;

/// <summary>What a terminal shows of a sweep that goes on.</summary>
internal static class SweepScreen
{
    // The lines above the trials and their headings, and one for the cursor.
    private const int Frame = 6, FewestTrials = 4, CurveWidth = 32;

    /// <summary>Lines that fit into a window.</summary>
    public static IReadOnlyList<string> Lines(SweepSnapshot sweep, int width, int height)
    {
        var summary = SweepSummary.Of(sweep);
        var shown = TrialTable.Choose(sweep, Math.Max(FewestTrials, height - Frame));
        List<string> lines =
        [
            $"{sweep.Id}  {sweep.State}  trials {summary.DescribeTrials()}",
            $"epochs {Figures.Count(sweep.Epochs)}  device time {SweepFigures.Hours(sweep.DeviceHours)}",
            Best(sweep),
            .. TrialTable.Lines(sweep, shown, width),
        ];
        if (shown.Count < sweep.Trials.Count) lines.Add($"{sweep.Trials.Count - shown.Count} more; otx sweep show {sweep.Id} has all");
        return [.. lines.Select(line => FittedTable.Fit(line, width))];
    }

    private static string Best(SweepSnapshot sweep)
    {
        if (sweep.Best is not { } best) return "best -";
        var curve = Incumbents.Of(sweep).Select(point => point.Best).OfType<double>().ToList();
        var value = SweepFigures.Metric(sweep.Trials[best].Value);
        return $"best {sweep.Search.Metric} {value} (trial {best})  {Sparkline.Of(curve, CurveWidth)}".TrimEnd();
    }
}
