using System.CommandLine;
using OrleansTransfer.Cli.Sweeps;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Cli.Weights;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx sweep run</c>: starts a sweep and follows it.</summary>
internal static class RunSweepCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var command = new Command("run", "Start a sweep and follow it.");
        var recipe = new RecipeOptions(command);
        var detach = new DetachOption(command);
        var offline = new OfflineOption(command);
        var connection = new ConnectionOptions(command, trains: true);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) =>
        {
            var reading = recipe.ReadSearch(parse);
            var where = TrainCommand.WithWeights(connection.Read(parse), offline, parse, streams);
            return RunAsync(reading, where, detach.Read(parse, where), output.Open(parse, streams), interrupted);
        });
        return command;
    }

    private static async Task<int> RunAsync(SearchReading reading, Connection connection, bool detach, Output output, CancellationToken interrupted)
    {
        var folder = Environment.CurrentDirectory;
        SweepEnd end;
        await using (var session = await ClusterSession.OpenAsync(connection, interrupted))
        {
            var sweep = await session.Api.StartSweepAsync(
                RecipePaths.MakeAbsolute(reading.Recipe.Recipe, folder), SearchPaths.MakeAbsolute(reading.Search, folder), interrupted);
            if (output.Json) output.Note(sweep.Id);
            else output.Line(sweep.Id);
            if (detach) return SweepConclusion.PrintStarted(sweep, connection, output);
            end = await new SweepFollower(session.Api, session.Embedded, output).FollowAsync(sweep, known: null, interrupted);
        }
        return SweepConclusion.Print(end, connection, output);
    }
}
