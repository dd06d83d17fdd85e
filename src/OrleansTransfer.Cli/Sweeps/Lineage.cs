using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Sweeps;

/// <summary>Whose weights a trial of a population went on with, in words.</summary>
internal static class Lineage
{
    /// <summary>Heading of a column of <see cref="Short"/>.</summary>
    public const string Heading = "WEIGHTS OF";

    /// <summary>Whether trials of the sweep hand weights on at all.</summary>
    public static bool IsIn(SweepSnapshot sweep) => sweep.Trials.Any(trial => trial.Lineage.Count > 0);

    /// <summary>The other trials with the epochs of their weights, the first first: <c>3@2, 0@4</c>.</summary>
    public static string Short(SweepTrial trial) =>
        trial.Lineage.Count == 0
            ? "-"
            : string.Join(", ", trial.Lineage.Select(origin => $"{origin.From}@{(origin.FromEpoch is { } epoch ? $"{epoch}" : "-")}"));

    /// <summary>A line per time that the trial went on with other weights, and what changed of its values.</summary>
    public static IEnumerable<string> Lines(SweepTrial trial, IReadOnlyDictionary<string, string> names) =>
        trial.Lineage.Select((origin, i) =>
        {
            var after = i + 1 < trial.Lineage.Count ? trial.Lineage[i + 1].Before : trial.Parameters;
            var changes = after.Where(value => origin.Before.GetValueOrDefault(value.Key) != value.Value).Select(value =>
                $"{names.GetValueOrDefault(value.Key, value.Key)} {ValueOf(origin.Before, value.Key)} -> {SweepFigures.Value(value.Value)}");
            return $"trial {trial.Number} after epoch {origin.Epoch}: {Weights(origin)}; "
                + string.Join(", ", changes.DefaultIfEmpty("the same values"));
        });

    private static string Weights(TrialOrigin origin) => origin switch
    {
        { FromEpoch: { } epoch } => $"weights of trial {origin.From} after its epoch {epoch}",
        _ => $"to go on from trial {origin.From}, with its own weights as long as that one has no checkpoint",
    };

    private static string ValueOf(IReadOnlyDictionary<string, string> values, string path) =>
        values.TryGetValue(path, out var value) ? SweepFigures.Value(value) : "-";
}
