using System.CommandLine;
using System.Globalization;
using OrleansTransfer.Cli.Models;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Learning.Evaluation;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx evaluate</c>: a trained model on labelled pictures.</summary>
internal static class EvaluateCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var source = PredictCommand.Source();
        var data = new Argument<string>("data") { Description = "A folder with one folder of pictures per label, or a table of labelled texts." };
        var shift = new Option<string?>("--shift")
        {
            Description = "Another domain, with or without labels: how far it lies from the data, and how the model does there.",
            HelpName = "DATA",
        };
        var command = new Command("evaluate", "Measure a trained model on labelled samples.") { source, data, shift };
        var connection = new ConnectionOptions(command);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) => RunAsync(
            parse.GetRequiredValue(source), parse.GetRequiredValue(data), parse.GetValue(shift), connection.Read(parse), output.Open(parse, streams),
            interrupted));
        return command;
    }

    private static async Task<int> RunAsync(
        string source, string folder, string? other, Connection connection, Output output, CancellationToken interrupted)
    {
        using var bundle = await BundleFolder.OpenAsync(source, connection, interrupted);
        using var model = await TrainedModel.LoadAsync(bundle.Path, interrupted);
        var data = LabelledSamples.Read(model, folder, interrupted);
        foreach (var broken in data.Broken) output.Note($"passed over: {broken.Path}: {broken.Reason}");

        var report = data.Judge(model, interrupted);
        var shift = other is null ? null : DomainShift.Measure(model, data, other, interrupted);
        if (output.Json)
        {
            output.Document(new
            {
                report.Samples,
                Metrics = new { report.Accuracy, report.Loss, report.MacroF1 },
                report.Labels,
                report.Confusion,
                BrokenFiles = data.Broken.Count,
                Shift = shift,
            });
            return ExitCodes.Done;
        }

        output.Facts(
            ("samples", Figures.Count(report.Samples)),
            ("accuracy", Fraction(report.Accuracy)),
            ("loss", Fraction(report.Loss)),
            ("macro F1", Fraction(report.MacroF1)));
        output.Line();
        output.Table(["LABEL", "PRECISION", "RECALL", "F1", "SUPPORT"], report.PerLabel.Select(score =>
            (string[])[score.Label, Fraction(score.Precision), Fraction(score.Recall), Fraction(score.F1), $"{score.Support}"]));
        output.Line();
        output.Line(ConfusionText.Render(report).TrimEnd());
        if (shift is not null) Print(shift, report, other!, output);
        return ExitCodes.Done;
    }

    private static void Print(DomainShift shift, ClassificationReport report, string other, Output output)
    {
        output.Line();
        output.Facts(
            ("other domain", other),
            ("samples", Figures.Count(shift.Samples)),
            ("proxy A-distance", $"{Fraction(shift.ProxyADistance)} (0: the domains cannot be told apart; 2: always)"),
            ("accuracy", shift.Accuracy is { } accuracy ? $"{Fraction(accuracy)}, against {Fraction(report.Accuracy)} on the data" : "not known: no labels"),
            ("mean confidence", Fraction(shift.MeanConfidence)),
            ("predictions", string.Join(", ", shift.PredictedShares.Select(share => $"{share.Key} {Percent(share.Value)}"))));
        foreach (var remark in shift.Remarks) output.Line(remark);
    }

    private static string Percent(double share) => share.ToString("0 %", CultureInfo.InvariantCulture);

    private static string Fraction(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}
