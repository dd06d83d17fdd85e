using OrleansTransfer.Learning.Data;

namespace OrleansTransfer.Learning.Training;

/// <summary>What one rank trains and evaluates on. Whoever made the streams disposes them.</summary>
/// <param name="Streams">
/// Training streams by name. The one called <see cref="Train"/>, or without it that called <see cref="Target"/>, sets the length of an epoch; others
/// start over.
/// </param>
/// <param name="Validation">
/// This rank's share of the validation samples, always the same: it is read as epoch 0, from step 0. Null where there are none: a finished model is
/// adapted without data of the source.
/// </param>
/// <param name="Labels">Label names in index order.</param>
public sealed record TrainingData(IReadOnlyDictionary<string, IBatchStream> Streams, IBatchStream? Validation, IReadOnlyList<string> Labels)
{
    /// <summary>Name of the labelled stream: of the target task, or of the source domain where a target domain has no labels.</summary>
    public const string Train = "train";

    /// <summary>Name of the unlabelled stream of the target domain.</summary>
    public const string Target = "target";

    /// <summary>Name of a stream of the same samples in the same order as <see cref="Target"/>, strongly varied.</summary>
    public const string TargetStrong = "target-strong";

    /// <summary>What is looked at to judge the model on a target domain; null where there is none.</summary>
    public TargetData? TargetSamples { get; init; }

    /// <summary>Supervised training: one labelled stream.</summary>
    public static TrainingData Supervised(IBatchStream train, IBatchStream validation, IReadOnlyList<string> labels) =>
        new(new Dictionary<string, IBatchStream> { [Train] = train }, validation, labels);

    /// <summary>Steps in one epoch.</summary>
    public int StepsPerEpoch => Streams[Leading].StepsPerEpoch;

    private string Leading => Streams.ContainsKey(Train) ? Train : Target;

    /// <summary>This rank's batches of the step at <paramref name="position"/>, one from each stream that is named.</summary>
    internal StepBatches Take(TrainingPosition position, IReadOnlySet<string> names, CancellationToken cancellationToken)
    {
        var (batches, leading) = (new StepBatches(), Leading);
        try
        {
            foreach (var (name, stream) in Streams)
            {
                if (!names.Contains(name)) continue;
                var (epoch, step) = name == leading
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

/// <summary>This rank's share of what is looked at after each epoch, always the same: it is read as epoch 0, from step 0.</summary>
/// <param name="Source">Labelled source samples that are not trained on; null where there is no data of the source.</param>
/// <param name="Target">Target samples; their labels are of no meaning.</param>
/// <param name="Test">Labelled target samples, for checking only; null without such.</param>
public sealed record TargetData(IBatchStream? Source, IBatchStream Target, IBatchStream? Test);

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
                IsTrunk = batch.IsTrunk,
            });
        }
        return result;
    }

    /// <summary>Labelled samples in the global batch; in a step without such, its samples.</summary>
    public int Samples => TryGetValue(TrainingData.Train, out var train) ? train.GlobalCount : Values.First().GlobalCount;

    /// <summary>This rank's share of the samples of the step, 0 to 1.</summary>
    public double Share => (double)Values.Sum(batch => batch.Count) / Values.Sum(batch => batch.GlobalCount);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var batch in Values) batch.Dispose();
    }
}
