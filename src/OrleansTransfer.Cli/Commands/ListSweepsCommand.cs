using System.CommandLine;
using OrleansTransfer.Cli.State;
using OrleansTransfer.Cli.Sweeps;
using OrleansTransfer.Cli.Terminal;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx sweep list</c>.</summary>
internal static class ListSweepsCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var command = new Command("list", "All sweeps, newest first.");
        var connection = new ConnectionOptions(command);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) => RunAsync(connection.Read(parse), output.Open(parse, streams), interrupted));
        return command;
    }

    private static async Task<int> RunAsync(Connection connection, Output output, CancellationToken interrupted)
    {
        await using var session = await ReadingSession.OpenAsync(connection, interrupted);
        var sweeps = (await session.Sweeps.ListSweepsAsync(interrupted)).Select(SweepSummary.Of).ToList();
        if (output.Json) output.Document(sweeps);
        else if (sweeps.Count == 0) output.Note("There are no sweeps yet; `otx sweep run` starts one.");
        else
        {
            var lines = FittedTable.Lines(
                ["ID", "STATE", "TRIALS", "EPOCHS", "BEST", "CREATED", "REASON"],
                [.. sweeps.Select(sweep => (string[])[
                    sweep.Sweep,
                    $"{sweep.State}",
                    $"{sweep.Trials}/{sweep.TrialsAllowed}",
                    Figures.Count(sweep.Epochs),
                    sweep.Best is { } best ? $"{sweep.Metric} {SweepFigures.Metric(best.Value)}" : "-",
                    Figures.Time(sweep.Created),
                    sweep.Reason ?? "",
                ])],
                output.Width);
            foreach (var line in lines) output.Line(line);
        }
        return ExitCodes.Done;
    }
}
