using OrleansTransfer.Learning.Data;

namespace OrleansTransfer.Learning.Training;

/// <summary>What one rank trains and evaluates on. Whoever made the streams disposes them.</summary>
/// <param name="Streams">Training streams by name. The one called <see cref="Train"/> sets the length of an epoch; others start over.</param>
/// <param name="Validation">This rank's share of the validation samples, always the same: it is read as epoch 0, from step 0.</param>
/// <param name="Labels">Label names in index order.</param>
public sealed record TrainingData(IReadOnlyDictionary<string, IBatchStream> Streams, IBatchStream Validation, IReadOnlyList<string> Labels)
{
    /// <summary>Name of the labelled stream of the target task.</summary>
    public const string Train = "train";

    /// <summary>Supervised training: one labelled stream.</summary>
    public static TrainingData Supervised(IBatchStream train, IBatchStream validation, IReadOnlyList<string> labels) =>
        new(new Dictionary<string, IBatchStream> { [Train] = train }, validation, labels);

    /// <summary>Steps in one epoch.</summary>
    public int StepsPerEpoch => Streams[Train].StepsPerEpoch;

    /// <summary>This rank's batches of the step at <paramref name="position"/>, one from each stream.</summary>
    internal StepBatches Take(TrainingPosition position, CancellationToken cancellationToken)
    {
        var batches = new StepBatches();
        try
        {
            foreach (var (name, stream) in Streams)
            {
                var (epoch, step) = name == Train
                    ? (position.Epoch, position.Step)
                    : ((int)(position.GlobalStep / stream.StepsPerEpoch), (int)(position.GlobalStep % stream.StepsPerEpoch));
                batches.Add(name, stream.Take(epoch, step, cancellationToken));
            }
            return batches;
        }
        catch
        {
            batches.Dispose();
            throw;
        }
    }
}

/// <summary>One batch of each stream.</summary>
internal sealed class StepBatches : Dictionary<string, Batch>, IDisposable
{
    /// <summary>
    /// The <paramref name="index"/>-th of <paramref name="parts"/> parts of each batch, of sizes that differ by at most one; views that the caller
    /// disposes, of which some may be empty. Their means still divide by the samples of the whole step.
    /// </summary>
    public StepBatches Part(int index, int parts)
    {
        var result = new StepBatches();
        foreach (var (name, batch) in this)
        {
            var start = (long)batch.Count * index / parts;
            var count = (long)batch.Count * (index + 1) / parts - start;
            result.Add(name, new(
                batch.Inputs.narrow(0, start, count).DetachFromDisposeScope(),
                batch.Labels.narrow(0, start, count).DetachFromDisposeScope(),
                batch.GlobalCount)
            {
                Offset = batch.Offset + (int)start,
            });
        }
        return result;
    }

    /// <summary>This rank's share of the samples of the step, 0 to 1.</summary>
    public double Share => (double)Values.Sum(batch => batch.Count) / Values.Sum(batch => batch.GlobalCount);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var batch in Values) batch.Dispose();
    }
}
