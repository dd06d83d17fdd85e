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
        var data = new Argument<string>("data") { Description = "A folder with one folder of pictures per label." };
        var command = new Command("evaluate", "Measure a trained model on labelled pictures.") { source, data };
        var connection = new ConnectionOptions(command);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) => RunAsync(
            parse.GetRequiredValue(source), parse.GetRequiredValue(data), connection.Read(parse), output.Open(parse, streams), interrupted));
        return command;
    }

    private static async Task<int> RunAsync(string source, string folder, Connection connection, Output output, CancellationToken interrupted)
    {
        using var bundle = await BundleFolder.OpenAsync(source, connection, interrupted);
        using var model = await TrainedModel.LoadAsync(bundle.Path, interrupted);
        var data = LabelledEvaluation.Scan(folder, model.Labels, interrupted);
        foreach (var broken in data.Broken) output.Note($"passed over: {broken.Path}: {broken.Reason}");

        var report = LabelledEvaluation.Run(model, data, interrupted);
        if (output.Json)
        {
            output.Document(new
            {
                report.Samples,
                Metrics = new { report.Accuracy, report.Loss, report.MacroF1 },
                report.Labels,
                report.Confusion,
                BrokenFiles = data.Broken.Count,
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
        return ExitCodes.Done;
    }

    private static string Fraction(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}
