using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cli.Runs;

/// <summary>Events as lines of text.</summary>
internal static class RunLines
{
    /// <summary>The line for an event that is worth one, else null.</summary>
    public static string? Of(ExperimentSnapshot experiment, ExperimentEvent item) => item.Kind switch
    {
        "state" or "log" or "failure" or "pick" => item.Message,
        "epoch" => Epoch(experiment, item),
        _ => null,
    };

    /// <summary>The line for any event, with its time: a log.</summary>
    public static string Logged(ExperimentSnapshot experiment, ExperimentEvent item) =>
        $"{Figures.Time(item.Time)}  {item.Kind,-10}  {Of(experiment, item) ?? $"step {item.Step}  {Values(item)}{item.Message}".TrimEnd()}";

    private static string Epoch(ExperimentSnapshot experiment, ExperimentEvent item) =>
        $"epoch {item.Epoch}/{experiment.Recipe.Training.Epochs}  " + (experiment.Recipe.Model.From.Length > 0 ? ""
            : $"accuracy {Figures.Metric(item.Values, "accuracy")}  loss {Figures.Metric(item.Values, "loss")}  ") +
        $"training loss {Figures.Metric(item.Values, "trainingLoss")}  step {item.Step}{Target(experiment, item)}";

    private static string Target(ExperimentSnapshot experiment, ExperimentEvent item)
    {
        if (experiment.Recipe.Data.Target.Length == 0) return "";
        var validator = experiment.Recipe.Transfer.Validator;
        string Known(string name, string key) => item.Values?.ContainsKey(key) == true ? $"  {name} {Figures.Metric(item.Values, key)}" : "";
        return Known($"target {validator}", $"target.{validator}") + Known("target accuracy", "target.accuracy");
    }

    private static string Values(ExperimentEvent item) =>
        string.Concat(item.Values?.Select(value => FormattableString.Invariant($"{value.Key} {value.Value:G5}  ")) ?? []);
}
