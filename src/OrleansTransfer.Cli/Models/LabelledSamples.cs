using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Evaluation;
using OrleansTransfer.Learning.Text;
using TorchSharp;

namespace OrleansTransfer.Cli.Models;

/// <summary>Samples for a trained model, of the kind that it takes: pictures of a folder or texts of a table.</summary>
/// <param name="Count">Usable samples.</param>
/// <param name="Broken">What was passed over.</param>
/// <param name="Open">The samples as batches, in their order.</param>
internal sealed record LabelledSamples(int Count, IReadOnlyList<BrokenFile> Broken, Func<IBatchStream> Open)
{
    private const int BatchSize = 32;

    /// <summary>Labelled samples whose labels have the indices that the model knows them by.</summary>
    /// <exception cref="CliException">There are labels that the model does not know.</exception>
    /// <exception cref="OrleansTransfer.Learning.LearningException">The data cannot be used.</exception>
    public static LabelledSamples Read(TrainedModel model, string path, CancellationToken cancellationToken)
    {
        if (model.Texts is { } texts)
        {
            var table = TextTable.Read(path);
            if (table.Labels.Except(model.Labels).ToList() is { Count: > 0 } unknown)
                throw new CliException(
                    $"The model does not know these labels of '{path}': {string.Join(", ", unknown)}. It knows: {string.Join(", ", model.Labels)}.");
            var places = table.Labels.Select(label => model.Labels.Index().First(known => known.Item == label).Index).ToList();
            TextSample[] samples = [.. table.Samples.Select(sample => sample with { Label = places[sample.Label] })];
            return new(samples.Length, [.. Skipped(table)], () => texts.Open(samples));
        }
        return Of(model, ScanPictures(path, model.Labels, cancellationToken));
    }

    /// <summary>Finds the pictures and gives each the index that the model knows its label by.</summary>
    /// <exception cref="CliException">The folder has labels that the model does not know.</exception>
    public static ImageDataset ScanPictures(string folder, IReadOnlyList<string> modelLabels, CancellationToken cancellationToken)
    {
        var found = ImageFolder.Scan(folder, labels: null, cancellationToken);
        var unknown = found.Labels.Except(modelLabels).ToList();
        if (unknown.Count > 0)
            throw new CliException(
                $"The model does not know these labels of '{folder}': {string.Join(", ", unknown)}. It knows: {string.Join(", ", modelLabels)}.");

        var indices = found.Labels.Select(label => modelLabels.Index().First(known => known.Item == label).Index).ToList();
        return found with { Labels = modelLabels, Samples = [.. found.Samples.Select(sample => sample with { Label = indices[sample.Label] })] };
    }

    /// <summary>Samples whose labels are not known or not looked at.</summary>
    /// <inheritdoc cref="Read"/>
    public static LabelledSamples ReadUnlabelled(TrainedModel model, string path, CancellationToken cancellationToken)
    {
        if (model.Texts is not { } texts) return Of(model, ImageFolder.ScanUnlabelled(path, cancellationToken));
        var table = TextTable.ReadUnlabelled(path);
        return new(table.Samples.Count, [.. Skipped(table)], () => texts.Open(table.Samples));
    }

    /// <summary>How well the model does on them.</summary>
    public ClassificationReport Judge(TrainedModel model, CancellationToken cancellationToken)
    {
        var matrix = new ConfusionMatrix(model.Labels);
        Visit(batch => matrix.Add(model.Network.call(batch.Inputs), batch.Labels), cancellationToken);
        return matrix.Report();
    }

    /// <summary>What the model makes of them, at most <paramref name="most"/> of them, evenly spaced.</summary>
    public SampleOutputs Outputs(TrainedModel model, int most, CancellationToken cancellationToken)
    {
        List<float[]> logits = [], features = [];
        List<int> labels = [];
        Visit(batch =>
        {
            var outputs = model.Network.Outputs(batch.Inputs);
            logits.AddRange(Rows(outputs.Logits));
            features.AddRange(Rows(outputs.Features));
            labels.AddRange(batch.Labels.data<long>().Select(label => (int)label));
        }, cancellationToken);
        return new SampleOutputs([.. logits], [.. features], [.. labels]).AtMost(most);
    }

    private static LabelledSamples Of(TrainedModel model, ImageDataset data) => new(data.Samples.Count, data.Broken, () => new ImageBatchStream(
        data.Root, data.Samples, model.Preprocessing, AugmentKind.None, new(data.Samples.Count, BatchSize, seed: 0, shuffle: false), 0, 1, 0));

    private void Visit(Action<Batch> visit, CancellationToken cancellationToken)
    {
        using var withoutGradients = torch.no_grad();
        using var batches = Open();
        for (var step = 0; step < batches.StepsPerEpoch; step++)
        {
            using var scope = torch.NewDisposeScope();
            using var batch = batches.Take(0, step, cancellationToken);
            visit(batch);
        }
    }

    private static IEnumerable<float[]> Rows(torch.Tensor tensor) => tensor.contiguous().data<float>().ToArray().Chunk((int)tensor.shape[1]);

    private static IEnumerable<BrokenFile> Skipped(TextDataset table) =>
        table.Skipped.Select(row => new BrokenFile($"line {row.Line}", row.Reason));
}
