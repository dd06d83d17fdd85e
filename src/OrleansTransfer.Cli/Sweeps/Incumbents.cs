using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Sweeps;

/// <summary>A trial that ended with a value, and how the sweep stood then.</summary>
/// <param name="Trial">The trial.</param>
/// <param name="Value">Its metric.</param>
/// <param name="Trials">Trials with a value so far, this one included.</param>
/// <param name="Epochs">Epochs trained so far by them and those that ended without a value.</param>
/// <param name="Counts">Whether it could become the best: it ran to its end, or no trial of the sweep did.</param>
/// <param name="Best">The best value of those that count so far; null before the first.</param>
internal sealed record IncumbentPoint(SweepTrial Trial, double Value, int Trials, long Epochs, bool Counts, double? Best);

/// <summary>How the best value came about.</summary>
internal static class Incumbents
{
    /// <summary>All trials that ended with a value, in the order in which they did.</summary>
    public static IReadOnlyList<IncumbentPoint> Of(SweepSnapshot sweep)
    {
        // As the search itself has it: stopped trials were measured after fewer epochs, so one that ran to its end goes before all of them.
        var anyCompleted = sweep.Trials.Any(trial => trial is { State: "Completed", Value: not null });
        var (points, epochs, best) = (new List<IncumbentPoint>(), 0L, (double?)null);
        foreach (var trial in sweep.Trials.Where(trial => trial.Ended is not null).OrderBy(trial => trial.Ended).ThenBy(trial => trial.Number))
        {
            // What was taken over from another trial cost nothing.
            if (trial.SameAs is null) epochs += trial.Epochs;
            if (trial is not { State: "Completed" or "Stopped", Value: { } value } || !double.IsFinite(value)) continue;
            var counts = trial.State == "Completed" || !anyCompleted;
            if (counts && (best is not { } so || (sweep.Search.Maximises ? value > so : value < so))) best = value;
            points.Add(new(trial, value, points.Count + 1, epochs, counts, best));
        }
        return points;
    }
}
