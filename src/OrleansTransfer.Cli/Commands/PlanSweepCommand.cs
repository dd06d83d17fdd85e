using System.CommandLine;
using OrleansTransfer.Cli.Sweeps;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx sweep plan</c>: what a sweep would run, and what that would take.</summary>
internal static class PlanSweepCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var command = new Command("plan", "What a sweep would run; nothing is started.");
        var recipe = new RecipeOptions(command);
        var connection = new ConnectionOptions(command, trains: true);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) =>
            RunAsync(recipe.ReadSearch(parse), connection.Read(parse), output.Open(parse, streams), interrupted));
        return command;
    }

    private static async Task<int> RunAsync(SearchReading reading, Connection connection, Output output, CancellationToken interrupted)
    {
        var folder = Environment.CurrentDirectory;
        await using var session = await ClusterSession.OpenAsync(connection, interrupted);
        var plan = await session.Api.PlanSweepAsync(
            RecipePaths.MakeAbsolute(reading.Recipe.Recipe, folder), SearchPaths.MakeAbsolute(reading.Search, folder), interrupted);
        if (output.Json) output.Document(plan);
        else Print(plan, reading.Search, output);
        return ExitCodes.Done;
    }

    private static void Print(SweepPreview plan, SearchRecipe search, Output output)
    {
        output.Facts(
            ("search", $"{search.Space.Count} parameters, sampler {search.Sampler.Type}, stopping {search.Stopping.Type}"),
            ("trials", $"{plan.Trials}, of {plan.EpochsPerTrial} epochs when one runs to its end"),
            ("epochs", $"{SweepFigures.Number(plan.ExpectedEpochs)} expected; {Figures.Count(plan.FullEpochs)} if every trial ran to its end"),
            ("parallel", $"{plan.Parallelism} trials at a time, {plan.WorkersPerTrial} device{(plan.WorkersPerTrial == 1 ? "" : "s")} each"),
            ("speed", plan.SecondsPerEpoch is { } seconds
                ? $"{SweepFigures.Number(seconds)} s per epoch{(plan.MeasuredOn is { } measured ? $", measured on {measured}" : "")}"
                : "not known: nothing like it was trained on this cluster yet"),
            ("device time", plan.DeviceHours is { } deviceHours ? $"{SweepFigures.Hours(deviceHours)} expected" : "-"),
            ("time", plan.Hours is { } hours ? $"{SweepFigures.Hours(hours)} expected" : "-"),
            ("features", plan.Features),
            ("note", plan.Note.Length > 0 ? plan.Note : null));
        if (plan.Rungs.Count == 0) return;
        output.Line();
        var brackets = plan.Rungs.Select(rung => rung.Bracket).Distinct().Count() > 1;
        output.Table(
            brackets ? ["BRACKET", "RUNG AT EPOCH", "TRIALS EXPECTED"] : ["RUNG AT EPOCH", "TRIALS EXPECTED"],
            plan.Rungs.Select(rung =>
            {
                string[] row = [$"{rung.Epoch}", SweepFigures.Number(rung.Trials)];
                return brackets ? [$"{rung.Bracket}", .. row] : row;
            }));
    }
}
