using System.CommandLine;
using System.Globalization;
using OrleansTransfer.Cli.Models;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Evaluation;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx predict</c>: what a trained model says of pictures.</summary>
internal static class PredictCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var source = Source();
        var files = new Argument<string[]>("files")
        {
            Description = "Pictures or folders of pictures; for a model of texts, texts or files of texts (.txt, .csv, .tsv, .jsonl).",
            Arity = ArgumentArity.OneOrMore,
        };
        var top = new Option<int>("--top") { Description = "Likeliest labels to name.", HelpName = "K", DefaultValueFactory = _ => 1 };
        var command = new Command("predict", "Ask a trained model what is on pictures, or what texts are.") { source, files, top };
        var connection = new ConnectionOptions(command);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) => RunAsync(
            parse.GetRequiredValue(source), parse.GetRequiredValue(files), parse.GetValue(top), connection.Read(parse), output.Open(parse, streams),
            interrupted));
        return command;
    }

    /// <summary>The argument that names a trained model.</summary>
    public static Argument<string> Source() => new("model")
    {
        Description = "Id of a finished experiment (or the beginning of it), or the folder of a bundle.",
        HelpName = "id or bundle",
    };

    private static async Task<int> RunAsync(
        string source, string[] files, int top, Connection connection, Output output, CancellationToken interrupted)
    {
        if (top < 1) throw new CliException($"--top {top} is too few; expected at least 1.");
        using var bundle = await BundleFolder.OpenAsync(source, connection, interrupted);
        using var model = await TrainedModel.LoadAsync(bundle.Path, interrupted);
        var predictions = model.Texts is null
            ? new Predictor(model.Network, model.Preprocessing, model.Labels).Predict([.. files.SelectMany(Expand)], top, interrupted)
            : TextPrediction.Run(model, files, top, interrupted);

        if (output.Json) output.Document(predictions);
        var columns = Enumerable.Range(0, predictions[0].Top.Count).SelectMany(_ => (string[])["LABEL", "PROBABILITY"]);
        output.Table([model.Texts is null ? "FILE" : "TEXT", .. columns], predictions.Select(prediction => (string[])[
            prediction.Path,
            .. prediction.Top.SelectMany(guess => (string[])[guess.Label, guess.Probability.ToString("0.0000", CultureInfo.InvariantCulture)]),
        ]));
        return ExitCodes.Done;
    }

    private static IEnumerable<string> Expand(string path)
    {
        if (Directory.Exists(path)) return ImageFolder.List(path).Select(file => Path.Combine(path, file));
        return File.Exists(path) ? [path] : throw new CliException(
            $"There is no file or folder '{path}'; expected a picture, or a folder of pictures.");
    }
}
