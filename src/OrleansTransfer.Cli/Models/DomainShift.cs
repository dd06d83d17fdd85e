using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Evaluation;
using TorchSharp;

namespace OrleansTransfer.Cli.Models;

/// <summary>How far another domain lies from the one that a model is evaluated on, as the model sees them.</summary>
/// <param name="ProxyADistance">0 when a classifier of the model's features cannot tell the domains apart, 2 when it always can.</param>
/// <param name="Samples">Samples of the other domain.</param>
/// <param name="Accuracy">On the other domain; null when its labels are not known.</param>
/// <param name="MeanConfidence">Mean probability of the likeliest label, on the other domain.</param>
/// <param name="PredictedShares">Share of the other domain's samples that each label was given to.</param>
/// <param name="Remarks">What is strange about the other domain.</param>
internal sealed record DomainShift(
    double ProxyADistance,
    int Samples,
    double? Accuracy,
    double MeanConfidence,
    IReadOnlyDictionary<string, double> PredictedShares,
    IReadOnlyList<string> Remarks)
{
    private const int BatchSize = 32, MostSamples = 2000, FewestSamples = 10;

    /// <summary>Compares the two domains.</summary>
    /// <exception cref="CliException">There are too few samples to compare.</exception>
    public static DomainShift Measure(TrainedModel model, ImageDataset source, string folder, CancellationToken cancellationToken)
    {
        var target = ImageFolder.ScanUnlabelled(folder, cancellationToken);
        if (Math.Min(source.Samples.Count, target.Samples.Count) < FewestSamples)
            throw new CliException(
                $"{source.Samples.Count} samples of the one domain and {target.Samples.Count} of the other are too few to compare; {FewestSamples} of each are needed.");
        var (ofSource, ofTarget) = (Outputs(model, source, cancellationToken), Outputs(model, target, cancellationToken));
        var shares = TargetRemarks.Shares(ofTarget.Predictions, model.Labels.Count);
        return new(
            DomainClassifier.ProxyADistance(ofSource.Features, ofTarget.Features),
            target.Samples.Count,
            LabelsAreKnown(folder, model.Labels)
                ? LabelledEvaluation.Run(model, LabelledEvaluation.Scan(folder, model.Labels, cancellationToken), cancellationToken).Accuracy
                : null,
            ofTarget.Probabilities.Average(row => row.Max()),
            model.Labels.Index().ToDictionary(label => label.Item, label => shares[label.Index]),
            TargetRemarks.Of(ofSource, ofTarget, model.Labels));
    }

    private static bool LabelsAreKnown(string folder, IReadOnlyList<string> labels) =>
        IdxNames(folder) || (ImageFolder.LabelsIn(folder) is { Count: > 1 } found && !found.Except(labels).Any());

    // An IDX file with labels beside it says no more than that they are there.
    private static bool IdxNames(string folder) => File.Exists(folder) && ImageFolder.LabelsIn(folder).Count > 0;

    private static SampleOutputs Outputs(TrainedModel model, ImageDataset data, CancellationToken cancellationToken)
    {
        using var withoutGradients = torch.no_grad();
        var count = Math.Min(MostSamples, data.Samples.Count);
        var samples = Enumerable.Range(0, count).Select(i => data.Samples[(int)((long)i * data.Samples.Count / count)]).ToList();
        var plan = new BatchPlan(samples.Count, BatchSize, seed: 0, shuffle: false);
        using var batches = new ImageBatchStream(data.Root, samples, model.Preprocessing, AugmentKind.None, plan, rank: 0, worldSize: 1, seed: 0);
        List<float[]> logits = [], features = [];
        for (var step = 0; step < batches.StepsPerEpoch; step++)
        {
            using var scope = torch.NewDisposeScope();
            using var batch = batches.Take(0, step, cancellationToken);
            var outputs = model.Network.Outputs(batch.Inputs);
            logits.AddRange(Rows(outputs.Logits));
            features.AddRange(Rows(outputs.Features));
        }
        return new([.. logits], [.. features], [.. samples.Select(sample => sample.Label)]);
    }

    private static IEnumerable<float[]> Rows(torch.Tensor tensor) => tensor.contiguous().data<float>().ToArray().Chunk((int)tensor.shape[1]);
}
