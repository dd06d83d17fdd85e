using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Sweeps;

/// <summary>What happened to a sweep between two looks at it, as lines of text.</summary>
internal static class SweepLines
{
    /// <summary>One line per change, the trials' by number, then a new best, then the sweep's own state.</summary>
    /// <param name="before">The look before; null for none: then everything is new.</param>
    /// <param name="now">The sweep now.</param>
    public static IEnumerable<string> Changes(SweepSnapshot? before, SweepSnapshot now)
    {
        var names = ParameterNames.Of(now.Search.Space.Select(parameter => parameter.Path));
        foreach (var trial in now.Trials)
        {
            var known = before is not null && trial.Number < before.Trials.Count ? before.Trials[trial.Number] : null;
            if (ReferenceEquals(known, trial)) continue;
            if (known is null) yield return $"trial {trial.Number} started: {Values(trial, names)}";
            else if (trial.Lineage.Count(origin => origin.FromEpoch is not null) > known.Lineage.Count(origin => origin.FromEpoch is not null))
                yield return Lineage.Lines(trial, names).Last();
            else if (trial.Attempts > known.Attempts) yield return $"trial {trial.Number} starts again, attempt {trial.Attempts}";
            if (trial.Epochs > (known?.Epochs ?? 0))
            {
                yield return $"trial {trial.Number}  epoch {trial.Epochs}/{now.Recipe.Training.Epochs}  " +
                    $"{now.Search.Metric} {SweepFigures.Metric(trial.Measurements.Count > 0 ? trial.Measurements[^1].Value : trial.Value)}";
            }
            if (trial.State != (known?.State ?? "Running")) yield return Ended(trial, now);
        }
        if (NewBest(before, now) is { } best) yield return best;
        if (before is not null && before.State != now.State)
            yield return $"{now.Id} is {now.State}{(now.Reason is { Length: > 0 } reason ? $": {reason}" : "")}";
    }

    /// <summary>The line for another best trial, or one with another value; null where it is the same.</summary>
    public static string? NewBest(SweepSnapshot? before, SweepSnapshot now)
    {
        if (now.Best is not { } best) return null;
        var trial = now.Trials[best];
        if (before?.Best == best && before.Trials[best].Value == trial.Value) return null;
        var names = ParameterNames.Of(now.Search.Space.Select(parameter => parameter.Path));
        return $"best: trial {best}, {now.Search.Metric} {SweepFigures.Metric(trial.Value)} ({Values(trial, names)}), " +
            $"after {now.Epochs} epochs of all trials";
    }

    private static string Ended(SweepTrial trial, SweepSnapshot sweep)
    {
        var reason = trial.Reason.Length > 0 ? $": {trial.Reason}" : "";
        return trial.State switch
        {
            "Running" => $"trial {trial.Number} goes on",
            "Completed" when trial.SameAs is { } same => $"trial {trial.Number} has the values of trial {same} and its outcome",
            "Completed" => $"trial {trial.Number} completed: {sweep.Search.Metric} {SweepFigures.Metric(trial.Value)}",
            _ => $"trial {trial.Number} {trial.State.ToLowerInvariant()}{(trial.Epochs > 0 ? $" after epoch {trial.Epochs}" : "")}{reason}",
        };
    }

    private static string Values(SweepTrial trial, IReadOnlyDictionary<string, string> names) =>
        string.Join(", ", trial.Parameters.Select(value => $"{names.GetValueOrDefault(value.Key, value.Key)} {SweepFigures.Value(value.Value)}"));
}
