using System.CommandLine;
using OrleansTransfer.Cli.Sweeps;
using OrleansTransfer.Cli.Terminal;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx sweep cancel</c>.</summary>
internal static class CancelSweepCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var id = SweepCommand.Id();
        var command = new Command("cancel", "End all trials and the sweep; what they found stays.") { id };
        var connection = new ConnectionOptions(command);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) =>
            RunAsync(parse.GetRequiredValue(id), connection.Read(parse), output.Open(parse, streams), interrupted));
        return command;
    }

    private static async Task<int> RunAsync(string id, Connection connection, Output output, CancellationToken interrupted)
    {
        await using var session = await ClusterSession.OpenSweepOwnerAsync(connection, id, interrupted)
            ?? await ClusterSession.OpenAsync(connection, interrupted);
        var sweep = await session.Api.FindSweepAsync(id, interrupted);
        sweep = await session.Api.CancelSweepAsync(sweep.Id, interrupted);
        if (output.Json) output.Document(SweepSummary.Of(sweep));
        else output.Line($"{sweep.Id} is {sweep.State}.");
        return ExitCodes.Done;
    }
}
