using System.CommandLine;
using OrleansTransfer.Cli.State;
using OrleansTransfer.Cli.Terminal;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx experiments list</c>.</summary>
internal static class ListExperimentsCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var command = new Command("list", "All experiments, newest first.");
        var connection = new ConnectionOptions(command);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) => RunAsync(connection.Read(parse), output.Open(parse, streams), interrupted));
        return command;
    }

    private static async Task<int> RunAsync(Connection connection, Output output, CancellationToken interrupted)
    {
        await using var session = await ReadingSession.OpenAsync(connection, interrupted);
        var experiments = await session.Reader.ListAsync(interrupted);
        if (output.Json) output.Document(experiments);
        else if (experiments.Count == 0) output.Note("There are no experiments yet; `otx train` runs one.");
        else
        {
            output.Table(["ID", "STATE", "EPOCHS", "ACCURACY", "BACKBONE", "CREATED", "REASON"], experiments.Select(experiment => (string[])[
                experiment.Id,
                $"{experiment.State}",
                $"{experiment.Epoch}/{experiment.Recipe.Training.Epochs}",
                Figures.Metric(experiment.Metrics, "accuracy"),
                experiment.Recipe.Model.Backbone,
                Figures.Time(experiment.Created),
                experiment.Reason ?? "",
            ]));
        }
        return ExitCodes.Done;
    }
}
