using System.CommandLine;
using OrleansTransfer.Cli.Runs;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Cli.Weights;
using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx train</c>: runs an experiment and follows it.</summary>
internal static class TrainCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var command = new Command("train", "Run an experiment and follow it.");
        var recipe = new RecipeOptions(command);
        var detach = new Option<bool>("--detach") { Description = "Return as soon as the experiment is queued; needs --cluster." };
        command.Add(detach);
        var offline = new OfflineOption(command);
        var connection = new ConnectionOptions(command, trains: true);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) => RunAsync(
            recipe.Read(parse).Recipe,
            WithWeights(connection.Read(parse), offline, parse, streams),
            parse.GetValue(detach),
            output.Open(parse, streams),
            interrupted));
        return command;
    }

    /// <summary>The connection, with what the command says about weights.</summary>
    internal static Connection WithWeights(Connection connection, OfflineOption offline, ParseResult parse, IConsoleStreams streams)
    {
        if (connection.Cluster is null) return connection with { Weights = offline.Read(parse), Downloads = new DownloadView(streams) };
        return offline.Given(parse)
            ? throw new CliException(
                "--offline is about this process, and the nodes of a cluster fetch weights themselves: start them with OTX_OFFLINE=1.")
            : connection;
    }

    private static async Task<int> RunAsync(Recipe recipe, Connection connection, bool detach, Output output, CancellationToken interrupted)
    {
        if (detach && connection.Cluster is null)
            throw new CliException("--detach needs a cluster that outlives this command: give --cluster URL, or set OTX_CLUSTER.");

        RunEnd end;
        await using (var session = await ClusterSession.OpenAsync(connection, interrupted))
        {
            var experiment = await session.Api.SubmitAsync(RecipePaths.MakeAbsolute(recipe, Environment.CurrentDirectory), interrupted);
            if (output.Json) output.Note(experiment.Id);
            else output.Line(experiment.Id);
            if (detach) return RunConclusion.PrintQueued(experiment, connection, output);
            end = await new RunFollower(session, output).FollowAsync(experiment, from: 1, interrupted);
        }
        return RunConclusion.Print(end, connection, output);
    }
}
