using System.Globalization;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Text;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Trunks;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>What this node keeps of what frozen backbones make of samples.</summary>
/// <param name="Cache">The features.</param>
/// <param name="Pictures">Digests of pictures that features are looked up by.</param>
public sealed record FeatureStore(TrunkCache Cache, PictureDigests Pictures);

/// <summary>
/// What a frozen backbone makes of the samples of a run, computed once on this node for all runs and workers that would compute the same, and read in
/// the place of samples from then on.
/// </summary>
/// <param name="store">What the node keeps.</param>
/// <param name="trunk">The trunk of the run's replica.</param>
/// <param name="plan">What the recipe means.</param>
/// <param name="tell">Hears what a user should know, a sentence each.</param>
/// <param name="cancellationToken">Ends waiting.</param>
internal sealed class KeptFeatures(
    FeatureStore store, FrozenTrunk trunk, RunPlan plan, Action<string> tell, CancellationToken cancellationToken)
{
    /// <summary>Whether features of a run are the same in some epochs, worth keeping, and still those at a position.</summary>
    public static bool AreFor(Recipe recipe, RunPlan plan, Replica replica, TrainingPosition position) =>
        FeatureWords.WhyNotKept(recipe) is null && FrozenTrunk.WhyNot(plan.Training, replica.Model) is null
        && position.Epoch < FrozenTrunk.EpochsOf(plan.Training);

    /// <summary>The batches of a stream as features while the backbone is frozen; the stream itself where they cannot be kept.</summary>
    /// <param name="set">What the samples are for.</param>
    /// <param name="root">Folder that paths of pictures are relative to.</param>
    /// <param name="samples">The stream's samples.</param>
    /// <param name="stream">Yields them without any variation.</param>
    /// <exception cref="Learning.LearningException">A sample cannot be read.</exception>
    public IBatchStream Over(string set, string root, IReadOnlyList<ImageSample> samples, ISampleStream stream)
    {
        try
        {
            var kept = store.Cache.Open(KeyOf(root, samples, stream), samples.Count, ShapeOfRow);
            Instruments.FeaturesOpened(kept.Made ? "computed" : "reused");
            if (kept.Damage is { } damage) tell($"Kept features are computed anew: {damage}");
            tell(string.Create(
                CultureInfo.InvariantCulture,
                $"The backbone is frozen{Epochs}: features of {samples.Count} {set} samples ({kept.File.Length / 1e6:0.#} MB) are "
                + $"{(kept.Made ? "computed once on this node and kept" : "kept on this node already, or computed once")}."));
            return new TrunkStream(stream, kept.File, trunk)
            {
                Count = Instruments.FeaturesUsed,
                Complain = reason => tell($"Some features of {set} samples are computed in every epoch: {reason}."),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Instruments.FeaturesOpened("unavailable");
            tell($"Features of {set} samples are not kept, every epoch computes them: {e.Message.TrimEnd('.')}.");
            return stream;
        }
    }

    private string Epochs => FrozenTrunk.EpochsOf(plan.Training) is var epochs && epochs < plan.Training.Epochs
        ? $" in the first {epochs} of {plan.Training.Epochs} epochs"
        : "";

    private string KeyOf(string root, IReadOnlyList<ImageSample> samples, ISampleStream stream) => stream is TextBatchStream { Texts: var texts }
        ? TrunkKey.Of((TextEncoder)trunk.Model, texts)
        : TrunkKey.Of(trunk.Model, plan.Preprocessing!, store.Pictures.Of(root, samples, cancellationToken));

    private IReadOnlyList<long> ShapeOfRow() => trunk.ShapeOfSample(plan.Preprocessing?.Crop);
}
