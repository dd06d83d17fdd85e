using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Evaluation;
using TorchSharp;

namespace OrleansTransfer.Cli.Models;

/// <summary>Evaluates a trained model on a folder of labelled pictures.</summary>
internal static class LabelledEvaluation
{
    private const int BatchSize = 32;

    /// <summary>Finds the pictures and gives each the index that the model knows its label by.</summary>
    /// <exception cref="CliException">The folder has labels that the model does not know.</exception>
    public static ImageDataset Scan(string folder, IReadOnlyList<string> modelLabels, CancellationToken cancellationToken)
    {
        var found = ImageFolder.Scan(folder, labels: null, cancellationToken);
        var unknown = found.Labels.Except(modelLabels).ToList();
        if (unknown.Count > 0)
            throw new CliException(
                $"The model does not know these labels of '{folder}': {string.Join(", ", unknown)}. It knows: {string.Join(", ", modelLabels)}.");

        var indices = found.Labels.Select(label => modelLabels.Index().First(known => known.Item == label).Index).ToList();
        return found with { Labels = modelLabels, Samples = [.. found.Samples.Select(sample => sample with { Label = indices[sample.Label] })] };
    }

    /// <summary>Judges every picture.</summary>
    public static ClassificationReport Run(TrainedModel model, ImageDataset data, CancellationToken cancellationToken)
    {
        using var withoutGradients = torch.no_grad();
        var plan = new BatchPlan(data.Samples.Count, BatchSize, seed: 0, shuffle: false);
        using var batches = new ImageBatchStream(
            data.Root, data.Samples, model.Preprocessing, AugmentKind.None, plan, rank: 0, worldSize: 1, seed: 0);
        var matrix = new ConfusionMatrix(model.Labels);
        for (var step = 0; step < batches.StepsPerEpoch; step++)
        {
            using var scope = torch.NewDisposeScope();
            using var batch = batches.Take(0, step, cancellationToken);
            matrix.Add(model.Network.call(batch.Inputs), batch.Labels);
        }
        return matrix.Report();
    }
}
