using System.CommandLine;
using OrleansTransfer.Cli.Api;
using OrleansTransfer.Cli.Runs;
using OrleansTransfer.Cli.State;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx experiments logs</c>: the history of an experiment.</summary>
internal static class ExperimentLogsCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var id = ExperimentsCommand.Id();
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on until the experiment ends." };
        var command = new Command("logs", "The history of an experiment: states, steps, epochs, checkpoints, messages.") { id, follow };
        var connection = new ConnectionOptions(command);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) => RunAsync(
            parse.GetRequiredValue(id), parse.GetValue(follow), connection.Read(parse), output.Open(parse, streams), interrupted));
        return command;
    }

    private static async Task<int> RunAsync(string id, bool follow, Connection connection, Output output, CancellationToken interrupted)
    {
        await using var owner = follow ? await ClusterSession.OpenOwnerAsync(connection, id, interrupted) : null;
        if (owner is not null)
        {
            var running = await owner.Api.FindAsync(id, interrupted);
            var events = new EventFollower(owner.Api, TimeProvider.System, output.Note).FollowAsync(running.Id, 1, interrupted);
            return await PrintAsync(running, events, output);
        }
        await using var session = await ReadingSession.OpenAsync(connection, interrupted);
        var experiment = await session.Reader.FindAsync(id, interrupted);
        return await PrintAsync(experiment, session.Reader.ReadEventsAsync(experiment.Id, 1, follow: false, interrupted), output);
    }

    private static async Task<int> PrintAsync(ExperimentSnapshot experiment, IAsyncEnumerable<ExperimentEvent> events, Output output)
    {
        var all = new List<ExperimentEvent>();
        await foreach (var item in events)
        {
            if (output.Json) all.Add(item);
            output.Line(RunLines.Logged(experiment, item));
        }
        if (output.Json) output.Document(all);
        return ExitCodes.Done;
    }
}
