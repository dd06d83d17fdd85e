using System.CommandLine;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Text;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx data</c>.</summary>
internal static class DataCommand
{
    public static Command Create(IConsoleStreams streams) => new("data", "Look at data before training on it.") { CreateInspect(streams) };

    private static Command CreateInspect(IConsoleStreams streams)
    {
        var path = new Argument<string>("path")
        {
            Description = "A folder with one folder of pictures per label, a file of pictures as MNIST has them (NAME-images-idx3-ubyte), or texts: "
                + "a table (.csv, .tsv, .jsonl), or one text per line (.txt).",
        };
        var command = new Command("inspect", "Counts, imbalance, what is broken, duplicates, sizes or lengths, and the label map.") { path };
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
        var isTexts = RecipeOptions.IsTable(path) || Path.GetExtension(path).Equals(".txt", StringComparison.OrdinalIgnoreCase);
        if (isTexts && !Directory.Exists(path)) InspectTexts(path, output);
        else InspectPictures(path, output, interrupted);
    }

    private static void InspectTexts(string path, Output output)
    {
        var found = TextInspection.Of(path);
        if (output.Json)
        {
            output.Document(found);
            return;
        }

        output.Facts(
            ("file", $"{found.Path} ({found.Encoding})"),
            ("texts", Figures.Count(found.Texts)),
            ("words", Lengths(found.Words)),
            ("characters", Lengths(found.Characters)),
            ("imbalance", found.Labels.Count == 0 ? null : $"{Figures.Short(found.Imbalance)} (most texts of a label / fewest)"),
            ("unusable rows", $"{found.Skipped.Count}, {found.Empty} of them with an empty text"),
            ("duplicates", Duplicates(found.Duplicates.Count, found.Contradictions.Count, found.Labels.Count > 0)));
        if (found.Labels.Count > 0)
        {
            output.Line();
            output.Table(["INDEX", "LABEL", "TEXTS"], found.Labels.Select(label => (string[])[$"{label.Index}", label.Label, $"{label.Texts}"]));
        }
        foreach (var row in found.Skipped) output.Line($"unusable: line {row.Line}: {row.Reason}");
        foreach (var group in found.Duplicates)
        {
            var labels = group.Labels.Count > 1 ? $", labelled {string.Join(" and ", group.Labels)}" : "";
            output.Line($"the same text: lines {string.Join(", ", group.Lines)}{labels}");
        }
        if (found.Remark is { } remark) output.Line($"without labels: {remark}");
    }

    private static string Lengths(LengthQuantiles lengths) =>
        $"{lengths.Min} to {Figures.Count(lengths.Max)}, median {lengths.Median}, nine in ten at most {lengths.NineTenths}, "
        + $"99 in a hundred at most {lengths.NinetyNineHundredths}";

    private static string Duplicates(int groups, int contradictions, bool labelled) =>
        $"{groups} groups{(labelled ? $", {contradictions} of them under different labels" : "")}";

    private static void InspectPictures(string path, Output output, CancellationToken interrupted)
    {
        var found = DatasetInspection.Of(path, labels: null, interrupted);
        if (output.Json)
        {
            output.Document(found);
            return;
        }

        var formats = found.Formats.Select(format => $"{format.Samples} {format.Format}");
        output.Facts(
            (File.Exists(path) ? "file" : "folder", File.Exists(path) ? Path.GetFullPath(path) : found.Root),
            ("pictures", $"{Figures.Count(found.Samples)} ({string.Join(", ", formats)})"),
            ("width", $"{found.Width.Min} to {found.Width.Max}, median {found.Width.Median}"),
            ("height", $"{found.Height.Min} to {found.Height.Max}, median {found.Height.Median}"),
            ("imbalance", found.Labels.Count == 0 ? null : $"{Figures.Short(found.Imbalance)} (most pictures of a label / fewest)"),
            ("broken files", $"{found.Broken.Count}"),
            ("duplicates", Duplicates(found.Duplicates.Count, found.Contradictions.Count, found.Labels.Count > 0)));
        if (found.Labels.Count > 0)
        {
            output.Line();
            output.Table(["INDEX", "LABEL", "PICTURES", "BROKEN"], found.Labels.Select(label =>
                (string[])[$"{label.Index}", label.Label, $"{label.Samples}", $"{label.Broken}"]));
        }
        foreach (var file in found.Broken) output.Line($"broken: {file.Path}: {file.Reason}");
        foreach (var group in found.Duplicates) output.Line($"the same bytes: {string.Join(", ", group.Paths)}");
    }
}
