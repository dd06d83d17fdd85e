using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Text;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using OrleansTransfer.Learning.Transfer.Adaptation;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>The batch streams of one rank in one generation of its group.</summary>
internal sealed class ReplicaStreams : IDisposable
{
    private readonly List<IBatchStream> _open = [];
    private readonly Recipe _recipe;
    private readonly RunPlan _plan;
    private readonly TaskModel _task;
    private readonly IGradientExchange _exchange;
    private readonly DecodingOptions _decoding;
    private readonly ExperimentTokens _tokens;
    private readonly KeptFeatures? _features;
    private readonly SortedDictionary<string, string> _remarks = new(StringComparer.Ordinal);

    /// <param name="task">The network; its features bound how many samples validators look at.</param>
    /// <param name="tokens">Where workers of a node share the tokens of texts.</param>
    /// <param name="exchange">The group; rank and world size decide what the streams yield.</param>
    /// <param name="features">Where features are that take the place of samples; null where samples are what is learned from.</param>
    public ReplicaStreams(
        Recipe recipe, RunPlan plan, TaskModel task, DatasetIndex dataset, ExperimentTokens tokens, IGradientExchange exchange,
        DecodingOptions decoding, KeptFeatures? features = null)
    {
        (_recipe, _plan, _task, _tokens, _exchange, _decoding, _features) = (recipe, plan, task, tokens, exchange, decoding, features);
        var featureWidth = task.Model.FeatureWidth;
        try
        {
            var training = new Dictionary<string, IBatchStream>();
            if (dataset.HasSource)
                training[TrainingData.Train] = Open(
                    "training", dataset.TrainRoot, dataset.Train, plan.Augment, RunPlan.TrainingBatches(recipe, dataset.Train.Count));
            TargetData? judged = null;
            if (dataset.Target is { } target)
            {
                var batches = RunPlan.TargetBatches(recipe, target.Samples.Count);
                training[TrainingData.Target] = Open("target", target.Root, target.Samples, plan.Augment, batches);
                if (TransferMethods.Get(recipe.Transfer.Method) is IAdaptationMethod { ReadsStrongTarget: true })
                    training[TrainingData.TargetStrong] = Open("target", target.Root, target.Samples, Augmentation.Stronger(plan.Augment), batches);
                judged = new(
                    dataset.HasSource ? Judged("validation", dataset.ValidationRoot, dataset.Validation, featureWidth) : null,
                    Judged("target", target.Root, target.Samples, featureWidth),
                    target.Test.Count == 0 ? null : Evaluation("labelled target", target.TestRoot, target.Test));
            }
            Data = new(
                training, dataset.HasSource ? Evaluation("validation", dataset.ValidationRoot, dataset.Validation) : null, dataset.Labels)
            {
                TargetSamples = judged,
            };
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The streams, by what they are for.</summary>
    public TrainingData Data { get; }

    /// <summary>What a user should know of the samples as the network sees them, a sentence each.</summary>
    public IReadOnlyList<string> Remarks => [.. _remarks.Values];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var stream in _open) stream.Dispose();
    }

    private IBatchStream Evaluation(string set, string root, IReadOnlyList<IndexedSample> samples) =>
        Open(set, root, samples, AugmentKind.None, new(samples.Count, RunPlan.EvaluationBatchSize, _recipe.Training.Seed, shuffle: false));

    private IBatchStream Judged(string set, string root, IReadOnlyList<IndexedSample> samples, int featureWidth)
    {
        var judged = RunPlan.Judged(_recipe, samples, featureWidth);
        return Evaluation(judged.Count == samples.Count ? set : $"judged {set}", root, judged);
    }

    private IBatchStream Open(string set, string root, IReadOnlyList<IndexedSample> samples, AugmentKind augment, BatchPlan batches)
    {
        var stream = _task.Open(_recipe, _plan, set, root, samples, augment, batches, _exchange.Rank, _exchange.WorldSize, _decoding, _tokens);
        var place = _open.Count;
        _open.Add(stream);
        if (stream is TextBatchStream { Texts: { Truncated: > 0 } texts })
            _remarks[set] = $"{texts.Truncated} of {texts.Samples} {set} texts are longer than {texts.MaximumLength} tokens and were cut.";
        if (_features is null || augment != AugmentKind.None) return stream;
        return _open[place] = _features.Over(set, root, [.. samples.Select(sample => new ImageSample(sample.Item, sample.Label))], stream);
    }
}
