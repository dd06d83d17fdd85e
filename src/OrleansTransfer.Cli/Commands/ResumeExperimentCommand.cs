using System.CommandLine;
using OrleansTransfer.Cli.Api;
using OrleansTransfer.Cli.Runs;
using OrleansTransfer.Cli.Terminal;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx experiments resume</c>: continues a run from its newest whole checkpoint and follows it.</summary>
internal static class ResumeExperimentCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var id = ExperimentsCommand.Id();
        var epochs = new Option<int?>("--epochs") { Description = "New total of epochs; default: the recipe's.", HelpName = "N" };
        var detach = new Option<bool>("--detach") { Description = "Return as soon as the run is queued; needs --cluster." };
        var command = new Command("resume", "Continue a run from its newest checkpoint and follow it.") { id, epochs, detach };
        var connection = new ConnectionOptions(command, trains: true);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) => RunAsync(
            parse.GetRequiredValue(id), parse.GetValue(epochs), parse.GetValue(detach), connection.Read(parse), output.Open(parse, streams),
            interrupted));
        return command;
    }

    private static async Task<int> RunAsync(
        string id, int? epochs, bool detach, Connection connection, Output output, CancellationToken interrupted)
    {
        if (epochs is < 1) throw new CliException($"--epochs {epochs} is too few; expected at least 1.");
        if (detach && connection.Cluster is null)
            throw new CliException("--detach needs a cluster that outlives this command: give --cluster URL, or set OTX_CLUSTER.");

        RunEnd end;
        await using (var session = await ClusterSession.OpenForAsync(connection, id, interrupted))
        {
            var before = await session.Api.FindAsync(id, interrupted);
            var from = await NextEventAsync(session.Api, before.Id, interrupted);
            var experiment = await session.Api.ResumeAsync(before.Id, epochs, interrupted);
            if (output.Json) output.Note(experiment.Id);
            else output.Line(experiment.Id);
            if (detach) return RunConclusion.PrintQueued(experiment, connection, output);
            end = await new RunFollower(session, output).FollowAsync(experiment, from, interrupted);
        }
        return RunConclusion.Print(end, connection, output);
    }

    // The history before the resumption is known already.
    private static async Task<long> NextEventAsync(IClusterApi api, string id, CancellationToken interrupted)
    {
        var next = 1L;
        await foreach (var item in api.ReadEventsAsync(id, 1, follow: false, interrupted)) next = item.Sequence + 1;
        return next;
    }
}
