using System.Diagnostics;
using System.Globalization;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Trunks;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>
/// What a frozen backbone makes of the samples of a run, computed once on this node for all runs that would compute the same, and read in the place
/// of pictures from then on.
/// </summary>
/// <param name="cache">What the node keeps.</param>
/// <param name="replica">The run's replica; its weights up to the head stay as they are.</param>
/// <param name="preprocessing">What pictures go through.</param>
/// <param name="decoding">How pictures are read.</param>
/// <param name="tell">Hears what a user should know, a sentence each.</param>
/// <param name="cancellationToken">Ends waiting and computing.</param>
internal sealed class KeptFeatures(
    TrunkCache cache, Replica replica, Preprocessing preprocessing, DecodingOptions decoding, Action<string> tell,
    CancellationToken cancellationToken)
{
    /// <summary>Whether features of a run stay the same in every epoch, and are worth keeping.</summary>
    public static bool AreFor(Recipe recipe, RunPlan plan, Replica replica) =>
        FeatureWords.WhyNotKept(recipe) is null && plan.Preprocessing is not null
        && TrunkRecorder.WhyNot(plan.Training, replica.Model, plan.Augment) is null;

    /// <summary>A stream of features in the batches of a plan; null where they cannot be kept, and pictures have to do.</summary>
    /// <param name="set">What the samples are for.</param>
    /// <exception cref="Learning.LearningException">A sample cannot be read.</exception>
    public IBatchStream? Open(string set, string root, IReadOnlyList<ImageSample> samples, BatchPlan batches, int rank, int worldSize)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            var key = TrunkKey.Of(replica.Model, preprocessing, root, samples, cancellationToken);
            var kept = cache.Open(key, samples.Count, writer => Compute(root, samples, writer), cancellationToken);
            Instruments.FeaturesOpened(kept.Made ? "computed" : "reused");
            if (kept.Damage is { } damage) tell($"Kept features were computed anew: {damage}");
            tell(string.Create(
                CultureInfo.InvariantCulture,
                $"The backbone is frozen and pictures do not vary: features of {samples.Count} {set} samples ({kept.File.Length / 1e6:0.#} MB) were "
                + $"{(kept.Made ? "computed" : "found on this node")} in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s;"
                + $" epochs train on them."));
            return new TrunkStream(kept.File, [.. samples.Select(sample => sample.Label)], batches, rank, worldSize);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Instruments.FeaturesOpened("unavailable");
            tell($"Features of {set} samples are not kept, every epoch computes them: {e.Message.TrimEnd('.')}.");
            return null;
        }
    }

    private void Compute(string root, IReadOnlyList<ImageSample> samples, TrunkFile.Writer writer)
    {
        using var pictures = new ImageBatchStream(
            root, samples, preprocessing, AugmentKind.None, new(samples.Count, RunPlan.EvaluationBatchSize, seed: 0, shuffle: false),
            rank: 0, worldSize: 1, seed: 0, decoding);
        TrunkRecorder.Record(replica, pictures, writer, cancellationToken);
    }
}
