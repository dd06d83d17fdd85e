using System.Globalization;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cli.Runs;

/// <summary>Runs with several methods or seeds, side by side.</summary>
/// <param name="Methods">One line per method.</param>
/// <param name="Runs">Every run.</param>
internal sealed record AdaptationComparison(IReadOnlyList<AdaptationComparison.MethodLine> Methods, IReadOnlyList<AdaptationComparison.RunLine> Runs)
{
    /// <summary>Compares finished runs.</summary>
    public static AdaptationComparison Of(IReadOnlyList<ExperimentSnapshot> experiments)
    {
        var runs = experiments.Select(experiment => new RunLine(
            experiment.Id, experiment.State, experiment.Reason, experiment.Recipe.Training.Seed, experiment.Seconds, RunSummary.Of(experiment).Target)).ToList();
        var methods = runs.Where(run => run.Target is not null).GroupBy(run => run.Target!.Method).Select(method => new MethodLine(
            method.Key,
            method.First().Target!.Validator,
            method.Count(),
            Spread.Of(method.Select(run => run.Target!.Scores.TryGetValue(run.Target.Validator, out var score) ? score : (double?)null)),
            Spread.Of(method.Select(run => run.Target!.Accuracy)),
            Spread.Of(method.Select(run => run.Target!.AccuracyLow)),
            Spread.Of(method.Select(run => run.Target!.AccuracyHigh)),
            Spread.Of(method.Select(run => run.Target!.AccuracyLast)),
            Spread.Of(method.Select(run => run.Target!.AccuracyOracle)),
            Spread.Of(method.Select(run => (double?)run.Seconds)),
            [.. method.First().Target!.Steps.Index().Select(step => new StepLine(
                step.Item.Name, Spread.Of(method.Select(run => run.Target!.Steps.ElementAtOrDefault(step.Index)?.Accuracy))))]));
        return new([.. methods], runs);
    }

    /// <summary>Prints a line per method, or the whole as JSON.</summary>
    public void Print(Output output)
    {
        if (output.Json)
        {
            output.Document(this);
            return;
        }
        output.Line();
        output.Table(
            ["METHOD", "RUNS", "SCORE", "TARGET ACCURACY (PICKED)", "95 % INTERVAL", "LAST EPOCH", "ORACLE", "SECONDS"],
            Methods.Select(method => (string[])
            [
                method.Method, $"{method.Runs}", $"{Text(method.Score)} {method.Validator}", Text(method.Accuracy), Interval(method), Text(method.AccuracyLast),
                Text(method.AccuracyOracle), method.Seconds is { } seconds ? seconds.Mean.ToString("0", CultureInfo.InvariantCulture) : "-",
            ]));
        foreach (var method in Methods.Where(method => method.Steps.Count > 0))
            output.Line($"{method.Method}, step by step: {string.Join(", ", method.Steps.Select(step => $"{Text(step.Accuracy)} after {step.Name}"))}");
    }

    // One run's interval, its ends averaged over the runs: what few labelled samples leave open, which more seeds do not settle.
    private static string Interval(MethodLine method) => method.AccuracyLow is { } low && method.AccuracyHigh is { } high
        ? string.Create(CultureInfo.InvariantCulture, $"{low.Mean:0.000} to {high.Mean:0.000}")
        : "-";

    private static string Text(Spread? spread) =>
        spread is null ? "-" : string.Create(CultureInfo.InvariantCulture, $"{spread.Mean:0.0000} ± {spread.StandardDeviation:0.0000}");

    /// <summary>A method over its runs.</summary>
    internal sealed record MethodLine(
        string Method,
        string Validator,
        int Runs,
        Spread? Score,
        Spread? Accuracy,
        Spread? AccuracyLow,
        Spread? AccuracyHigh,
        Spread? AccuracyLast,
        Spread? AccuracyOracle,
        Spread? Seconds,
        IReadOnlyList<StepLine> Steps);

    /// <summary>A phase of a method over its runs.</summary>
    internal sealed record StepLine(string Name, Spread? Accuracy);

    /// <summary>One run.</summary>
    internal sealed record RunLine(string Experiment, ExperimentState State, string? Reason, long Seed, double Seconds, TargetSummary? Target);

    /// <summary>Mean and sample standard deviation.</summary>
    internal sealed record Spread(double Mean, double StandardDeviation)
    {
        /// <summary>Of the values that are known; null for none.</summary>
        public static Spread? Of(IEnumerable<double?> values)
        {
            var known = values.OfType<double>().ToList();
            if (known.Count == 0) return null;
            var mean = known.Average();
            return new(mean, known.Count < 2 ? 0 : Math.Sqrt(known.Sum(value => (value - mean) * (value - mean)) / (known.Count - 1)));
        }
    }
}
