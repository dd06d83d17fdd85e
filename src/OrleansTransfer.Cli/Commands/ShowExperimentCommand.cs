using System.CommandLine;
using OrleansTransfer.Cli.State;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx experiments show</c>.</summary>
internal static class ShowExperimentCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var id = ExperimentsCommand.Id();
        var command = new Command("show", "One experiment in full.") { id };
        var connection = new ConnectionOptions(command);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) =>
            RunAsync(parse.GetRequiredValue(id), connection.Read(parse), output.Open(parse, streams), interrupted));
        return command;
    }

    private static async Task<int> RunAsync(string id, Connection connection, Output output, CancellationToken interrupted)
    {
        await using var session = await ReadingSession.OpenAsync(connection, interrupted);
        var experiment = await session.Reader.FindAsync(id, interrupted);
        if (output.Json) output.Document(experiment);
        else Print(experiment, output);
        return ExitCodes.Done;
    }

    private static void Print(ExperimentSnapshot experiment, Output output)
    {
        output.Facts(
            ("id", experiment.Id),
            ("state", $"{experiment.State}{(experiment.Reason is { } reason ? $": {reason}" : "")}"),
            ("accuracy", Figures.Metric(experiment.Metrics, "accuracy")),
            ("loss", Figures.Metric(experiment.Metrics, "loss")),
            ("macro F1", Figures.Metric(experiment.Metrics, "macroF1")),
            ("progress", $"epoch {experiment.Epoch}/{experiment.Recipe.Training.Epochs}, step {experiment.Step}/{experiment.TotalSteps}"),
            ("samples", experiment.Recipe.Model.From.Length > 0
                ? $"{experiment.TrainingSamples} of the target, without labels"
                : $"{experiment.TrainingSamples} training, {experiment.ValidationSamples} validation, {experiment.BrokenFiles} broken files"),
            ("labels", string.Join(", ", experiment.Labels)),
            ("workers", experiment.Workers.Count == 0 ? null : string.Join(", ", experiment.Workers)),
            ("attempt", $"{experiment.Attempt} (generation {experiment.Generation}, {experiment.StepsLost} steps lost)"),
            ("time", $"{Figures.Short(experiment.Seconds)} s, {Figures.Short(experiment.SamplesPerSecond)} samples/s"),
            ("weights", experiment.WeightsSha256 is { } hash ? $"sha256 {hash}" : null),
            ("bundle", experiment.Bundle),
            ("created", Figures.Time(experiment.Created)),
            ("updated", Figures.Time(experiment.Updated)));
        if (experiment.Confusion.Count > 0)
        {
            output.Line();
            ConfusionTable.Print(experiment.Labels, experiment.Confusion, output);
        }
        output.Line();
        output.Line(RecipeWriter.ToYaml(experiment.Recipe).TrimEnd());
    }
}
