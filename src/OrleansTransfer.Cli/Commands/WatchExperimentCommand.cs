using System.CommandLine;
using OrleansTransfer.Cli.Runs;
using OrleansTransfer.Cli.State;
using OrleansTransfer.Cli.Terminal;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx experiments watch</c>: follows a run that someone else started.</summary>
internal static class WatchExperimentCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var id = ExperimentsCommand.Id();
        var command = new Command("watch", "Follow a run to its end; Ctrl-C leaves it running.") { id };
        var connection = new ConnectionOptions(command);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) =>
            RunAsync(parse.GetRequiredValue(id), connection.Read(parse), output.Open(parse, streams), interrupted));
        return command;
    }

    private static async Task<int> RunAsync(string id, Connection connection, Output output, CancellationToken interrupted)
    {
        var end = await FollowOwnerAsync(id, connection, output, interrupted) ?? await ShowStoredAsync(id, connection, output, interrupted);
        return RunConclusion.Print(end, connection, output);
    }

    private static async Task<RunEnd?> FollowOwnerAsync(string id, Connection connection, Output output, CancellationToken interrupted)
    {
        await using var session = await ClusterSession.OpenOwnerAsync(connection, id, interrupted);
        if (session is null) return null;
        var experiment = await session.Api.FindAsync(id, interrupted);
        return await new RunFollower(session, output).FollowAsync(experiment, from: 1, interrupted);
    }

    // Nobody drives it: there is a history to show and nothing to wait for.
    private static async Task<RunEnd> ShowStoredAsync(string id, Connection connection, Output output, CancellationToken interrupted)
    {
        await using var stored = await ReadingSession.OpenAsync(connection, interrupted);
        var experiment = await stored.Reader.FindAsync(id, interrupted);
        var events = stored.Reader.ReadEventsAsync(experiment.Id, from: 1, follow: false, interrupted);
        await new PlainRunView(output).ShowAsync(experiment, events, interrupted);
        return new(RunEndKind.Ended, experiment);
    }
}
