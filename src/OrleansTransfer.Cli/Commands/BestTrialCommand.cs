using System.CommandLine;
using System.Globalization;
using OrleansTransfer.Cli.State;
using OrleansTransfer.Cli.Sweeps;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx sweep best</c>: the recipe to paste, how good it is, and what mattered.</summary>
internal static class BestTrialCommand
{
    private const int BarWidth = 30;

    public static Command Create(IConsoleStreams streams)
    {
        var id = SweepCommand.Id();
        var command = new Command("best", "The recipe of the best trial to paste, its metric, and which parameters matter.") { id };
        var connection = new ConnectionOptions(command);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) =>
            RunAsync(parse.GetRequiredValue(id), connection.Read(parse), output.Open(parse, streams), interrupted));
        return command;
    }

    private static async Task<int> RunAsync(string id, Connection connection, Output output, CancellationToken interrupted)
    {
        await using var session = await ReadingSession.OpenAsync(connection, interrupted);
        var sweep = await session.Sweeps.FindSweepAsync(id, interrupted);
        var best = BestTrial.Of(sweep)
            ?? throw new CliException($"{sweep.Id} is {sweep.State}, and no trial of its {sweep.Trials.Count} has a value.", ExitCodes.Failed);
        if (output.Json) output.Document(best);
        else Print(best, sweep, output);
        return ExitCodes.Done;
    }

    // The recipe on standard output, and the rest as comments in front of it: the whole can go into a file that `otx train` reads.
    private static void Print(BestTrial best, SweepSnapshot sweep, Output output)
    {
        var names = ParameterNames.Of(sweep.Search.Space.Select(parameter => parameter.Path));
        var experiment = best.Experiment is { } id ? $", experiment {id}" : "";
        // Trials that ran to their end go before those that were stopped, whatever these had reached.
        var state = sweep.Trials[best.Trial].State;
        var rivals = sweep.Trials.Count(trial => trial.State == state);
        output.Line($"# {sweep.Id}: trial {best.Trial}{experiment}, best of {rivals} {state.ToLowerInvariant()} trials of {sweep.Trials.Count}");
        output.Line($"# {best.Metric} {SweepFigures.Metric(best.Value)} after {best.Epochs} epochs, {Spread(best.Seeds)}");
        foreach (var (path, value) in best.Parameters) output.Line($"#   {path}: {value}");
        foreach (var line in Lineage.Lines(sweep.Trials[best.Trial], names)) output.Line($"# {line}");
        if (best.Importances is not { } importances) output.Line("# importances are not known: they need four trials with values that differ");
        else
        {
            output.Line($"# {importances.Describe(best.Metric)}:");
            var width = importances.Shares.Max(importance => names[importance.Path].Length);
            foreach (var (path, share) in importances.Shares)
            {
                var bar = new string('█', (int)Math.Round(share * BarWidth));
                output.Line($"#   {names[path].PadRight(width)}  {share.ToString("0.00", CultureInfo.InvariantCulture)}  {bar}".TrimEnd());
            }
        }
        output.Line();
        output.Line(best.Recipe.TrimEnd());
    }

    private static string Spread(SeedSpread? seeds) => seeds is null
        ? "one run: its spread over seeds is not known"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{seeds.Mean:0.0000} ± {seeds.StandardDeviation:0.0000} over {seeds.Runs} seeds ({seeds.Least:0.0000} to {seeds.Most:0.0000})");
}
