using System.CommandLine;
using OrleansTransfer.Cli.State;
using OrleansTransfer.Cli.Sweeps;
using OrleansTransfer.Cli.Terminal;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx sweep watch</c>: follows a sweep that someone else started.</summary>
internal static class WatchSweepCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var id = SweepCommand.Id();
        var command = new Command("watch", "Follow a sweep to its end; Ctrl-C leaves it running.") { id };
        var connection = new ConnectionOptions(command);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) =>
            RunAsync(parse.GetRequiredValue(id), connection.Read(parse), output.Open(parse, streams), interrupted));
        return command;
    }

    private static async Task<int> RunAsync(string id, Connection connection, Output output, CancellationToken interrupted)
    {
        var end = await FollowOwnerAsync(id, connection, output, interrupted) ?? await ShowStoredAsync(id, connection, output, interrupted);
        return SweepConclusion.Print(end, connection, output);
    }

    private static async Task<SweepEnd?> FollowOwnerAsync(string id, Connection connection, Output output, CancellationToken interrupted)
    {
        await using var session = await ClusterSession.OpenSweepOwnerAsync(connection, id, interrupted);
        if (session is null) return null;
        var sweep = await session.Api.FindSweepAsync(id, interrupted);
        return await new SweepFollower(session.Api, session.Embedded, output).FollowAsync(sweep, known: null, interrupted);
    }

    // Nobody drives it: there is something to show and nothing to wait for.
    private static async Task<SweepEnd> ShowStoredAsync(string id, Connection connection, Output output, CancellationToken interrupted)
    {
        await using var stored = await ReadingSession.OpenAsync(connection, interrupted);
        var sweep = await stored.Sweeps.FindSweepAsync(id, interrupted);
        foreach (var line in SweepLines.Changes(null, sweep)) output.Note(line);
        return new(SweepEndKind.Ended, sweep);
    }
}
