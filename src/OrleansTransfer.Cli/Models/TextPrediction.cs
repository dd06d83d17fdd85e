using OrleansTransfer.Learning.Evaluation;
using OrleansTransfer.Learning.Text;
using TorchSharp;

namespace OrleansTransfer.Cli.Models;

/// <summary>Asks a model of texts.</summary>
internal static class TextPrediction
{
    /// <summary>The likeliest labels of each text; an argument is a text, or a file of texts if there is one of that name.</summary>
    /// <exception cref="CliException">An argument is empty.</exception>
    /// <exception cref="OrleansTransfer.Learning.LearningException">A file cannot be used.</exception>
    public static IReadOnlyList<Prediction> Run(TrainedModel model, IReadOnlyList<string> arguments, int top, CancellationToken cancellationToken)
    {
        var samples = arguments.SelectMany(Expand).ToList();
        using var withoutGradients = torch.no_grad();
        using var batches = model.Texts!.Open(samples);
        List<float[]> logits = [];
        for (var step = 0; step < batches.StepsPerEpoch; step++)
        {
            using var scope = torch.NewDisposeScope();
            using var batch = batches.Take(0, step, cancellationToken);
            logits.AddRange(model.Network.call(batch.Inputs).contiguous().data<float>().ToArray().Chunk(model.Labels.Count));
        }
        var probabilities = new SampleOutputs([.. logits], [.. logits], new int[logits.Count]).Probabilities;
        return [.. samples.Zip(probabilities, (sample, row) => new Prediction(
            sample.Text,
            [.. row.Index().OrderByDescending(entry => entry.Item).Take(top).Select(entry => new ScoredLabel(model.Labels[entry.Index], entry.Item))]))];
    }

    private static IEnumerable<TextSample> Expand(string argument)
    {
        if (File.Exists(argument)) return TextTable.ReadUnlabelled(argument).Samples;
        return string.IsNullOrWhiteSpace(argument)
            ? throw new CliException("A text to predict is empty.")
            : [new TextSample(argument, 0, 1)];
    }
}
