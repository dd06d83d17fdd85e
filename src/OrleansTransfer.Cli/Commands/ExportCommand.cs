using System.CommandLine;
using OrleansTransfer.Cli.Api;
using OrleansTransfer.Cli.State;
using OrleansTransfer.Cli.Terminal;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx export</c>: copies the bundle of a finished experiment into a folder.</summary>
internal static class ExportCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var id = ExperimentsCommand.Id();
        var to = new Option<string>("--to") { Description = "Folder to copy into; created if need be.", HelpName = "DIR", Required = true };
        var force = new Option<bool>("--force") { Description = "Replace files that are there." };
        var command = new Command("export", "Copy the bundle of a finished experiment into a folder.") { id, to, force };
        var connection = new ConnectionOptions(command);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) => RunAsync(
            parse.GetRequiredValue(id), parse.GetRequiredValue(to), parse.GetValue(force), connection.Read(parse), output.Open(parse, streams),
            interrupted));
        return command;
    }

    private static async Task<int> RunAsync(string id, string to, bool force, Connection connection, Output output, CancellationToken interrupted)
    {
        var folder = Path.GetFullPath(to);
        await using var session = await ReadingSession.OpenAsync(connection, interrupted);
        var experiment = await session.Reader.FindAsync(id, interrupted);
        var files = await BundleDownload.RunAsync(session.Reader, experiment, folder, force, interrupted);

        if (output.Json) output.Document(new { Experiment = experiment.Id, Bundle = folder, Files = files });
        output.Table(["FILE", "BYTES"], files.Select(file => (string[])[file.Name, Figures.Count(file.Size)]));
        output.Note($"The bundle of {experiment.Id} is in {folder}.");
        return ExitCodes.Done;
    }
}
