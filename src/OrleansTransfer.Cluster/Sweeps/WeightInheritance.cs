using System.Text.Json;
using OrleansTransfer.Cluster.Workers;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Sweeps;

/// <summary>
/// Copies a checkpoint from one experiment to another of the same network and optimizer, so that the other goes on from there. A copy, and not a
/// reference: the one it is from prunes its checkpoints as it trains on.
/// </summary>
internal sealed class WeightInheritance(IBlobContainer container)
{
    // Beside the weights, what they are from: a copy that was made before its maker died says all that there is to say.
    private const string OriginFile = "origin.json";

    /// <summary>
    /// Puts the newest checkpoint of <paramref name="from"/> that ends an epoch among those of <paramref name="to"/>, as its newest. Later ones of
    /// its own, if any, are deleted.
    /// </summary>
    /// <param name="from">Experiment that trained the weights.</param>
    /// <param name="to">Experiment that goes on with them; it does not run.</param>
    /// <param name="epoch">Epochs that the latter has trained.</param>
    /// <param name="step">Steps that it has done.</param>
    /// <param name="number">Which copy for it this is, from 1: a second call with the same number finds what the first one did.</param>
    /// <param name="cancellationToken">Ends the copying.</param>
    /// <returns>Where the weights are from; null if there are none.</returns>
    public async Task<InheritedWeights?> CopyAsync(
        string from, string to, int epoch, long step, int number, CancellationToken cancellationToken)
    {
        var (source, target, name) = (new CheckpointStore(container, from), new CheckpointStore(container, to), $"inherited-{number}");
        await target.DeleteAfterAsync(step, cancellationToken);
        if (await target.ReadAsync(step, name, cancellationToken) is { } present) return await OriginOfAsync(target, present, cancellationToken);
        foreach (var check in new[] { CheckpointCheck.Sizes, CheckpointCheck.Content })
        {
            var found = await source.FindNewestAsync(check, cancellationToken, manifest => PositionOf(manifest) is { Step: 0, Epoch: > 0 });
            if (found.Newest is not { } manifest) return null;
            var origin = new InheritedWeights(
                from, $"{manifest.Step:D8}-{manifest.Attempt}", PositionOf(manifest).Epoch,
                manifest.Files.Single(file => file.Name == ReplicaInputs.ModelFile).Sha256);
            try
            {
                await target.WriteAsync(
                    step, name, JsonSerializer.SerializeToElement(new TrainingPosition(epoch, 0, step), JsonSerializerOptions.Web),
                    [
                        Copy(source, manifest, ReplicaInputs.ModelFile), Copy(source, manifest, ReplicaInputs.OptimizerFile),
                        CheckpointFile.FromData(OriginFile, BinaryData.FromObjectAsJson(origin, JsonSerializerOptions.Web)),
                    ],
                    cancellationToken);
                return origin;
            }
            catch (CheckpointCorruptException)
            {
                // Damaged, or pruned meanwhile: the next check reads every byte beforehand.
            }
        }
        return null;
    }

    private static TrainingPosition PositionOf(CheckpointManifest manifest) =>
        manifest.Position.Deserialize<TrainingPosition>(JsonSerializerOptions.Web) ?? TrainingPosition.Start;

    private static CheckpointFile Copy(CheckpointStore source, CheckpointManifest manifest, string file) =>
        new(file, async (target, cancellationToken) =>
        {
            await using var content = await source.OpenAsync(manifest, file, cancellationToken);
            await content.CopyToAsync(target, cancellationToken);
        });

    private static async Task<InheritedWeights?> OriginOfAsync(
        CheckpointStore store, CheckpointManifest manifest, CancellationToken cancellationToken)
    {
        await using var content = await store.OpenAsync(manifest, OriginFile, cancellationToken);
        return await JsonSerializer.DeserializeAsync<InheritedWeights>(content, JsonSerializerOptions.Web, cancellationToken);
    }
}
