using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Sweeps;

/// <summary>Trials as rows: number, state, epochs, metric, and a column per parameter.</summary>
internal static class TrialTable
{
    /// <summary>Its lines, headings first. The best trial has a star.</summary>
    public static IEnumerable<string> Lines(SweepSnapshot sweep, IEnumerable<SweepTrial> trials, int width)
    {
        var paths = sweep.Search.Space.Select(parameter => parameter.Path).ToList();
        var names = ParameterNames.Of(paths);
        var handedOn = Lineage.IsIn(sweep);
        string[] origin = handedOn ? [Lineage.Heading] : [];
        string[] headings = ["TRIAL", "STATE", "EPOCHS", sweep.Search.Metric.ToUpperInvariant(), .. origin, .. paths.Select(path => names[path])];
        return FittedTable.Lines(headings, [.. trials.Select(trial => Row(sweep, trial, handedOn))], width);
    }

    /// <summary>The most telling trials when not all have room, by number: the best, those that train, those that wait, then the newest.</summary>
    public static IReadOnlyList<SweepTrial> Choose(SweepSnapshot sweep, int most) => sweep.Trials.Count <= most
        ? sweep.Trials
        : [.. sweep.Trials
            .OrderBy(trial => trial.Number == sweep.Best ? 0 : trial.State switch { "Running" => 1, "Paused" => 2, _ => 3 })
            .ThenByDescending(trial => trial.Number)
            .Take(most)
            .OrderBy(trial => trial.Number)];

    /// <summary>Reasons of trials that have no outcome, each once.</summary>
    public static IEnumerable<string> Troubles(SweepSnapshot sweep) => sweep.Trials
        .Where(trial => trial.State is "Infeasible" or "Failed")
        .GroupBy(trial => (trial.State, trial.Reason))
        .Select(group =>
        {
            var more = group.Count() > 10 ? $" and {group.Count() - 10} more" : "";
            var reason = group.Key.Reason.Length > 0 ? group.Key.Reason : "no reason was given";
            return $"{group.Key.State}: trial {string.Join(", ", group.Take(10).Select(trial => trial.Number))}{more}: {reason}";
        });

    private static string[] Row(SweepSnapshot sweep, SweepTrial trial, bool handedOn) =>
    [
        trial.Number == sweep.Best ? $"{trial.Number} *" : $"{trial.Number}",
        trial.SameAs is { } same ? $"as {same}" : TrialWords.StateOf(sweep.State, trial.State),
        $"{trial.Epochs}/{sweep.Recipe.Training.Epochs}",
        SweepFigures.Metric(trial.Value),
        .. handedOn ? (string[])[Lineage.Short(trial)] : [],
        .. sweep.Search.Space.Select(parameter =>
            trial.Parameters.TryGetValue(parameter.Path, out var value) ? SweepFigures.Value(value) : "-"),
    ];
}
