using System.CommandLine;
using OrleansTransfer.Cli.Sweeps;
using OrleansTransfer.Cli.Terminal;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx sweep pause</c>.</summary>
internal static class PauseSweepCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var id = SweepCommand.Id();
        var command = new Command("pause", "Stop all trials at their newest checkpoint until the sweep is resumed.") { id };
        var connection = new ConnectionOptions(command);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) =>
            RunAsync(parse.GetRequiredValue(id), connection.Read(parse), output.Open(parse, streams), interrupted));
        return command;
    }

    private static async Task<int> RunAsync(string id, Connection connection, Output output, CancellationToken interrupted)
    {
        await using var session = await ClusterSession.OpenSweepOwnerAsync(connection, id, interrupted)
            ?? throw new CliException(
                $"No process drives the sweep '{id}': nothing of it trains. To go on: otx sweep resume {id}{connection.Suffix}");
        var sweep = await session.Api.FindSweepAsync(id, interrupted);
        sweep = await session.Api.PauseSweepAsync(sweep.Id, interrupted);
        if (output.Json) output.Document(SweepSummary.Of(sweep));
        else output.Line($"{sweep.Id} is {sweep.State}. To go on: otx sweep resume {sweep.Id}{connection.Suffix}");
        return ExitCodes.Done;
    }
}
