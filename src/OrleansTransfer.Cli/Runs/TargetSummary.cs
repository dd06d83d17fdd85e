using System.Globalization;
using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cli.Runs;

/// <summary>How a run did on a target domain, as scripts read it.</summary>
/// <param name="Method">The adaptation method.</param>
/// <param name="Validator">Which score picked the epoch.</param>
/// <param name="PickedEpoch">From 1.</param>
/// <param name="Scores">Every validator's score of the picked epoch.</param>
/// <param name="Accuracy">Of the picked epoch on labelled target samples; null without such.</param>
/// <param name="AccuracyLast">Of the last epoch.</param>
/// <param name="AccuracyOracle">Of the best epoch by target labels, which nobody has when it counts.</param>
internal sealed record TargetSummary(
    string Method,
    string Validator,
    int PickedEpoch,
    IReadOnlyDictionary<string, double> Scores,
    double? Accuracy,
    double? AccuracyLast,
    double? AccuracyOracle)
{
    private const string Prefix = "target.";
    private static readonly string[] s_figures = ["pickedEpoch", "accuracy", "accuracyLast", "accuracyBest", "macroF1"];

    /// <summary>The summary of a finished experiment; null for one without a target domain, or not finished.</summary>
    public static TargetSummary? Of(ExperimentSnapshot snapshot)
    {
        var metrics = snapshot.Metrics;
        if (!metrics.TryGetValue(Prefix + "pickedEpoch", out var picked)) return null;
        double? Find(string name) => metrics.TryGetValue(Prefix + name, out var value) ? value : null;
        var scores = metrics.Where(metric => metric.Key.StartsWith(Prefix, StringComparison.Ordinal) && !s_figures.Contains(metric.Key[Prefix.Length..]));
        return new(
            snapshot.Recipe.Transfer.Method,
            snapshot.Recipe.Transfer.Validator,
            (int)picked,
            scores.ToDictionary(metric => metric.Key[Prefix.Length..], metric => metric.Value),
            Find("accuracy"),
            Find("accuracyLast"),
            Find("accuracyBest"));
    }

    /// <summary>For a person: the epoch and what picked it.</summary>
    public string Describe() => $"epoch {PickedEpoch} by {Validator}";

    /// <summary>For a person: accuracy by pick, in the last epoch and in the best; null where no labels exist for checking.</summary>
    public string? DescribeAccuracy() => Accuracy is { } accuracy
        ? string.Create(CultureInfo.InvariantCulture, $"{accuracy:0.0000} picked, {AccuracyLast:0.0000} last epoch, {AccuracyOracle:0.0000} oracle")
        : null;
}
