using System.CommandLine;
using OrleansTransfer.Cli.Terminal;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx experiments cancel</c>.</summary>
internal static class CancelExperimentCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var id = ExperimentsCommand.Id();
        var command = new Command("cancel", "Stop a run; its newest checkpoint stays.") { id };
        var connection = new ConnectionOptions(command);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) =>
            RunAsync(parse.GetRequiredValue(id), connection.Read(parse), output.Open(parse, streams), interrupted));
        return command;
    }

    private static async Task<int> RunAsync(string id, Connection connection, Output output, CancellationToken interrupted)
    {
        await using var session = await ClusterSession.OpenForAsync(connection, id, interrupted);
        var experiment = await session.Api.FindAsync(id, interrupted);
        experiment = await session.Api.CancelAsync(experiment.Id, interrupted);
        if (output.Json) output.Document(experiment);
        else output.Line($"{experiment.Id} is {experiment.State}.");
        return ExitCodes.Done;
    }
}
