using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Learning.Data;
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

    /// <param name="task">The network; its features bound how many samples validators look at.</param>
    /// <param name="exchange">The group; rank and world size decide what the streams yield.</param>
    public ReplicaStreams(
        Recipe recipe, RunPlan plan, TaskModel task, DatasetIndex dataset, IGradientExchange exchange, DecodingOptions decoding)
    {
        (_recipe, _plan, _task, _exchange, _decoding) = (recipe, plan, task, exchange, decoding);
        var featureWidth = task.Model.FeatureWidth;
        try
        {
            var training = new Dictionary<string, IBatchStream>
            {
                [TrainingData.Train] = Open(dataset.TrainRoot, dataset.Train, plan.Augment, RunPlan.TrainingBatches(recipe, dataset.Train.Count)),
            };
            TargetData? judged = null;
            if (dataset.Target is { } target)
            {
                var batches = RunPlan.TargetBatches(recipe, target.Samples.Count);
                training[TrainingData.Target] = Open(target.Root, target.Samples, plan.Augment, batches);
                if (TransferMethods.Get(recipe.Transfer.Method) is IAdaptationMethod { ReadsStrongTarget: true })
                    training[TrainingData.TargetStrong] = Open(target.Root, target.Samples, Augmentation.Stronger(plan.Augment), batches);
                judged = new(
                    Evaluation(dataset.ValidationRoot, RunPlan.Judged(recipe, dataset.Validation, featureWidth)),
                    Evaluation(target.Root, RunPlan.Judged(recipe, target.Samples, featureWidth)),
                    target.Test.Count == 0 ? null : Evaluation(target.TestRoot, target.Test));
            }
            Data = new(training, Evaluation(dataset.ValidationRoot, dataset.Validation), dataset.Labels) { TargetSamples = judged };
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The streams, by what they are for.</summary>
    public TrainingData Data { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var stream in _open) stream.Dispose();
    }

    private IBatchStream Evaluation(string root, IReadOnlyList<IndexedSample> samples) =>
        Open(root, samples, AugmentKind.None, new(samples.Count, RunPlan.EvaluationBatchSize, _recipe.Training.Seed, shuffle: false));

    private IBatchStream Open(string root, IReadOnlyList<IndexedSample> samples, AugmentKind augment, BatchPlan batches)
    {
        var stream = _task.Open(_recipe, _plan, root, samples, augment, batches, _exchange.Rank, _exchange.WorldSize, _decoding);
        _open.Add(stream);
        return stream;
    }
}
