using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Sweeps;

/// <summary>How a sweep stands, as scripts read it: the document at the end of <c>otx sweep run -o json</c>.</summary>
internal sealed record SweepSummary(
    string Sweep,
    SweepState State,
    string? Reason,
    string Metric,
    string Goal,
    SweepSummary.BestLine? Best,
    int Trials,
    int TrialsAllowed,
    IReadOnlyDictionary<string, int> States,
    int Waiting,
    long Epochs,
    double DeviceHours,
    DateTimeOffset Created,
    DateTimeOffset Updated)
{
    /// <summary>The summary of a sweep as it is now.</summary>
    public static SweepSummary Of(SweepSnapshot sweep) => new(
        sweep.Id,
        sweep.State,
        sweep.Reason,
        sweep.Search.Metric,
        sweep.Search.Maximises ? "maximise" : "minimise",
        sweep.Best is { } best ? BestLine.Of(sweep.Trials[best]) : null,
        sweep.Trials.Count,
        sweep.Search.Budget.Trials,
        sweep.Trials.GroupBy(trial => trial.State).OrderBy(group => group.Key).ToDictionary(group => group.Key, group => group.Count()),
        sweep.Waiting,
        sweep.Epochs,
        sweep.DeviceHours,
        sweep.Created,
        sweep.Updated);

    /// <summary>Prints the summary.</summary>
    public void Print(Output output)
    {
        if (output.Json) output.Document(this);
        else output.Facts(Facts());
    }

    /// <summary>The summary as names and values.</summary>
    public IEnumerable<(string Name, string? Value)> Facts() =>
        [
            ("state", $"{State}{(Reason is { Length: > 0 } reason ? $": {reason}" : "")}"),
            ("best", Best is null ? "-" : $"{Metric} {SweepFigures.Metric(Best.Value)} (trial {Best.Trial}, {Best.Experiment ?? "no experiment"})"),
            ("trials", DescribeTrials()),
            ("epochs", Figures.Count(Epochs)),
            ("device time", SweepFigures.Hours(DeviceHours)),
        ];

    /// <summary>How many trials there are and how they stand.</summary>
    public string DescribeTrials()
    {
        var states = string.Join(", ", States.Select(state => $"{state.Value} {TrialWords.StateOf(State, state.Key).ToLowerInvariant()}"));
        return $"{Trials} of {TrialsAllowed}{(states.Length > 0 ? $": {states}" : "")}{(Waiting > 0 ? $"; {Waiting} added by hand wait" : "")}";
    }

    /// <summary>The best trial.</summary>
    internal sealed record BestLine(int Trial, double? Value, string? Experiment, int Epochs, IReadOnlyDictionary<string, string> Parameters)
    {
        public static BestLine Of(SweepTrial trial) => new(trial.Number, trial.Value, trial.Experiment, trial.Epochs, trial.Parameters);
    }
}
