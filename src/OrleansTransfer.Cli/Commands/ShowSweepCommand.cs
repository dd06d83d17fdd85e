using System.CommandLine;
using OrleansTransfer.Cli.State;
using OrleansTransfer.Cli.Sweeps;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx sweep show</c>.</summary>
internal static class ShowSweepCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var id = SweepCommand.Id();
        var command = new Command("show", "One sweep in full.") { id };
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
        if (output.Json) output.Document(sweep);
        else Print(sweep, output);
        return ExitCodes.Done;
    }

    private static void Print(SweepSnapshot sweep, Output output)
    {
        var (search, budget) = (sweep.Search, sweep.Search.Budget);
        output.Facts([
            ("id", sweep.Id),
            .. SweepSummary.Of(sweep).Facts(),
            ("goal", $"{(search.Maximises ? "maximise" : "minimise")} {search.Metric}"),
            ("sampler", $"{search.Sampler.Type}, stopping {search.Stopping.Type}, seed {search.Seed}"),
            ("budget", $"{budget.Trials} trials{(budget.Hours > 0 ? $", {SweepFigures.Hours(budget.Hours)}" : "")}" +
                $"{(budget.DeviceHours > 0 ? $", {SweepFigures.Hours(budget.DeviceHours)} of all devices together" : "")}"),
            ("parallel", search.Parallelism > 0 ? $"{search.Parallelism} trials" : "as many trials as there are devices for"),
            ("created", Figures.Time(sweep.Created)),
            ("updated", Figures.Time(sweep.Updated))]);
        if (sweep.Trials.Count == 0) return;
        output.Line();
        foreach (var line in TrialTable.Lines(sweep, sweep.Trials, output.Width)) output.Line(line);
        foreach (var line in TrialTable.Troubles(sweep)) output.Line(line);
        if (!Lineage.IsIn(sweep)) return;
        output.Line();
        var names = ParameterNames.Of(search.Space.Select(parameter => parameter.Path));
        foreach (var line in sweep.Trials.SelectMany(trial => Lineage.Lines(trial, names))) output.Line(line);
    }
}
