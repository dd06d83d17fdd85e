using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cli.Runs;

/// <summary>How a run stands, as scripts read it: the document at the end of <c>otx train -o json</c>.</summary>
internal sealed record RunSummary(
    string Experiment,
    ExperimentState State,
    string? Reason,
    int Workers,
    int Generation,
    long Steps,
    int Epochs,
    IReadOnlyDictionary<string, double> Metrics,
    double Seconds,
    double SamplesPerSecond,
    string? Bundle,
    long StepsLost,
    TargetSummary? Target)
{
    private static readonly string[] ReportedMetrics = ["accuracy", "loss", "macroF1"];

    /// <summary>The summary of an experiment as it is now.</summary>
    public static RunSummary Of(ExperimentSnapshot snapshot) => new(
        snapshot.Id,
        snapshot.State,
        snapshot.Reason,
        snapshot.Workers.Count,
        snapshot.Generation,
        snapshot.Step,
        snapshot.Epoch,
        ReportedMetrics.Where(snapshot.Metrics.ContainsKey).ToDictionary(name => name, name => snapshot.Metrics[name]),
        snapshot.Seconds,
        snapshot.SamplesPerSecond,
        snapshot.Bundle,
        snapshot.StepsLost,
        TargetSummary.Of(snapshot));

    // A finished model that is adapted has no samples of the source to be judged by.
    private bool IsValidated => Metrics.Count > 0 || Target is null;

    /// <summary>Prints the summary.</summary>
    public void Print(Output output)
    {
        if (output.Json)
        {
            output.Document(this);
            return;
        }
        output.Facts(
            ("state", State.ToString()),
            ("accuracy", IsValidated ? Figures.Metric(Metrics, "accuracy") : null),
            ("loss", IsValidated ? Figures.Metric(Metrics, "loss") : null),
            ("macro F1", IsValidated ? Figures.Metric(Metrics, "macroF1") : null),
            ("picked", Target?.Describe()),
            ("target accuracy", Target?.DescribeAccuracy()),
            ("step by step", Target?.DescribeSteps()),
            ("epochs", $"{Epochs} ({Steps} steps)"),
            ("workers", $"{Workers}"),
            ("time", $"{Figures.Short(Seconds)} s, {Figures.Short(SamplesPerSecond)} samples/s"),
            ("steps lost", StepsLost > 0 ? $"{StepsLost}" : null),
            ("bundle", Bundle));
    }
}
