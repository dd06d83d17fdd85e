using System.Globalization;
using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cli.Runs;

/// <summary>How a run did on a target domain, as scripts read it.</summary>
/// <param name="Method">The adaptation method.</param>
/// <param name="Validator">Which score picked the epoch.</param>
/// <param name="PickedEpoch">From 1; 0 for a finished model as it came.</param>
/// <param name="Scores">Every validator's score of the picked epoch.</param>
/// <param name="Accuracy">Of the picked epoch on labelled target samples; null without such.</param>
/// <param name="AccuracyLow">Lower end of its bootstrap interval of 95 %.</param>
/// <param name="AccuracyHigh">Upper end.</param>
/// <param name="AccuracyBefore">
/// Of a finished model before its adaptation; null without labels, and for runs that train on the source themselves.
/// </param>
/// <param name="AccuracyLast">Of the last epoch.</param>
/// <param name="AccuracyOracle">Of the best epoch by target labels, which nobody has when it counts.</param>
/// <param name="Steps">Accuracy after each of the method's phases, in their order; none where it has but one.</param>
internal sealed record TargetSummary(
    string Method,
    string Validator,
    int PickedEpoch,
    IReadOnlyDictionary<string, double> Scores,
    double? Accuracy,
    double? AccuracyLow,
    double? AccuracyHigh,
    double? AccuracyBefore,
    double? AccuracyLast,
    double? AccuracyOracle,
    IReadOnlyList<TargetSummary.Step> Steps)
{
    private const string Prefix = "target.", StepPrefix = "step.";

    private static readonly string[] s_figures =
        ["pickedEpoch", "accuracy", "accuracyLow", "accuracyHigh", "accuracyBefore", "accuracyLast", "accuracyBest", "macroF1"];

    /// <summary>The summary of a finished experiment; null for one without a target domain, or not finished.</summary>
    public static TargetSummary? Of(ExperimentSnapshot snapshot)
    {
        var metrics = snapshot.Metrics;
        if (!metrics.TryGetValue(Prefix + "pickedEpoch", out var picked)) return null;
        double? Find(string name) => metrics.TryGetValue(Prefix + name, out var value) ? value : null;
        var named = metrics.Where(metric => metric.Key.StartsWith(Prefix, StringComparison.Ordinal))
            .ToDictionary(metric => metric.Key[Prefix.Length..], metric => metric.Value);
        var steps = named.Where(figure => figure.Key.StartsWith(StepPrefix, StringComparison.Ordinal)).ToList();
        return new(
            snapshot.Recipe.Transfer.Method,
            snapshot.Recipe.Transfer.Validator,
            (int)picked,
            named.Where(figure => !s_figures.Contains(figure.Key)).Except(steps).ToDictionary(),
            Find("accuracy"),
            Find("accuracyLow"),
            Find("accuracyHigh"),
            Find("accuracyBefore"),
            Find("accuracyLast"),
            Find("accuracyBest"),
            [.. steps.Select(step => (Parts: step.Key.Split('.', 3), step.Value))
                .OrderBy(step => int.Parse(step.Parts[1], CultureInfo.InvariantCulture)).Select(step => new Step(step.Parts[2], step.Value))]);
    }

    /// <summary>For a person: the epoch and what picked it.</summary>
    public string Describe() => PickedEpoch == 0 ? $"the model as it came, by {Validator}" : $"epoch {PickedEpoch} by {Validator}";

    /// <summary>For a person: accuracy by pick, in the last epoch and in the best; null where no labels exist for checking.</summary>
    public string? DescribeAccuracy() => Accuracy is { } accuracy
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"{accuracy:0.0000} picked (95 % interval {AccuracyLow:0.000} to {AccuracyHigh:0.000}), {AccuracyLast:0.0000} last epoch, {AccuracyOracle:0.0000} oracle")
            + (AccuracyBefore is { } before ? string.Create(CultureInfo.InvariantCulture, $", {before:0.0000} before adaptation") : "")
        : null;

    /// <summary>For a person: accuracy after each step; null for a method of one step, and where no labels exist for checking.</summary>
    public string? DescribeSteps() => Steps.Count == 0 ? null
        : string.Join(", ", Steps.Select(step => string.Create(CultureInfo.InvariantCulture, $"{step.Accuracy:0.0000} after {step.Name}")));

    /// <summary>A phase of the method.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Accuracy">After its last epoch, on labelled target samples.</param>
    internal sealed record Step(string Name, double Accuracy);
}
