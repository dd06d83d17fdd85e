using System.CommandLine;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Learning.Data;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx data</c>.</summary>
internal static class DataCommand
{
    public static Command Create(IConsoleStreams streams) => new("data", "Look at data before training on it.") { CreateInspect(streams) };

    private static Command CreateInspect(IConsoleStreams streams)
    {
        var path = new Argument<string>("path") { Description = "A folder with one folder of pictures per label." };
        var command = new Command("inspect", "Counts, imbalance, broken files, duplicates, sizes and the label map.") { path };
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) =>
        {
            Inspect(parse.GetRequiredValue(path), output.Open(parse, streams), interrupted);
            return Task.FromResult(ExitCodes.Done);
        });
        return command;
    }

    private static void Inspect(string path, Output output, CancellationToken interrupted)
    {
        var found = DatasetInspection.Of(path, labels: null, interrupted);
        if (output.Json)
        {
            output.Document(found);
            return;
        }

        var formats = found.Formats.Select(format => $"{format.Samples} {format.Format}");
        output.Facts(
            ("folder", found.Root),
            ("pictures", $"{Figures.Count(found.Samples)} ({string.Join(", ", formats)})"),
            ("width", $"{found.Width.Min} to {found.Width.Max}, median {found.Width.Median}"),
            ("height", $"{found.Height.Min} to {found.Height.Max}, median {found.Height.Median}"),
            ("imbalance", $"{Figures.Short(found.Imbalance)} (most pictures of a label / fewest)"),
            ("broken files", $"{found.Broken.Count}"),
            ("duplicates", $"{found.Duplicates.Count} groups, {found.Contradictions.Count} of them under different labels"));
        output.Line();
        output.Table(["INDEX", "LABEL", "PICTURES", "BROKEN"], found.Labels.Select(label =>
            (string[])[$"{label.Index}", label.Label, $"{label.Samples}", $"{label.Broken}"]));
        foreach (var file in found.Broken) output.Line($"broken: {file.Path}: {file.Reason}");
        foreach (var group in found.Duplicates) output.Line($"the same bytes: {string.Join(", ", group.Paths)}");
    }
}
