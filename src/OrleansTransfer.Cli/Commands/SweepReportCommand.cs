using System.CommandLine;
using OrleansTransfer.Cli.State;
using OrleansTransfer.Cli.Sweeps.Report;
using OrleansTransfer.Cli.Terminal;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx sweep report</c>.</summary>
internal static class SweepReportCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var id = SweepCommand.Id();
        var to = new Option<string>("--to") { Description = "File to write; one that exists is replaced.", HelpName = "FILE", Required = true };
        var command = new Command("report", "Write the sweep's report, one HTML page that needs no other file.") { id, to };
        var connection = new ConnectionOptions(command);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) => RunAsync(
            parse.GetRequiredValue(id), parse.GetRequiredValue(to), connection.Read(parse), output.Open(parse, streams), interrupted));
        return command;
    }

    private static async Task<int> RunAsync(string id, string to, Connection connection, Output output, CancellationToken interrupted)
    {
        await using var session = await ReadingSession.OpenAsync(connection, interrupted);
        var sweep = await session.Sweeps.FindSweepAsync(id, interrupted);
        var path = Path.GetFullPath(to);
        try
        {
            if (Path.GetDirectoryName(path) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
            await File.WriteAllTextAsync(path, SweepReport.Render(sweep), interrupted);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"The report cannot be written to '{to}': {error.Message}", inner: error);
        }
        if (output.Json) output.Document(new { Sweep = sweep.Id, Report = path });
        else output.Line(ShellPath.Of(path));
        return ExitCodes.Done;
    }
}
