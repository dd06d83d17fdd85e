using System.Text.Json;
using OrleansTransfer.Contracts.Workers;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Weights;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>
/// Everything a replica starts from, as local files: fetched before the compute thread begins, so that it never waits for the network.
/// </summary>
/// <param name="Dataset">Samples and their split.</param>
/// <param name="WeightsPath">Pretrained weights, or null.</param>
/// <param name="Position">Where to start.</param>
/// <param name="ModelPath">Weights of the checkpoint to resume from, or null.</param>
/// <param name="OptimizerPath">Optimizer state of that checkpoint, or null.</param>
public sealed record ReplicaInputs(DatasetIndex Dataset, string? WeightsPath, TrainingPosition Position, string? ModelPath, string? OptimizerPath)
{
    /// <summary>Tokenizer and sizes of a text encoder; null for other networks.</summary>
    public EncoderSource? Encoder { get; init; }

    /// <summary>Words and sizes of a finished model of word vectors; null for other networks.</summary>
    public WordSource? Words { get; init; }

    /// <summary>Name of the weights within a checkpoint.</summary>
    public const string ModelFile = "model.safetensors";

    /// <summary>Name of the optimizer state within a checkpoint.</summary>
    public const string OptimizerFile = "optimizer.safetensors";

    /// <summary>Fetches what the assignment names.</summary>
    /// <exception cref="InvalidDataException">Something it names is not in the container.</exception>
    /// <exception cref="CheckpointCorruptException">A file of the checkpoint is not what its manifest says.</exception>
    public static async Task<ReplicaInputs> LoadAsync(
        WorkerAssignment assignment, IBlobContainer container, string cacheFolder, CancellationToken cancellationToken)
    {
        var dataset = await DatasetIndex.ReadAsync(container, assignment.Experiment, cancellationToken);
        var encoder = EncoderSource.IsFor(assignment.Recipe)
            ? await EncoderSource.ReadAsync(container, assignment.Experiment, cancellationToken)
            : null;
        var words = WordSource.IsFor(assignment.Recipe) ? await WordSource.ReadAsync(container, assignment.Experiment, cancellationToken) : null;
        string? weights = null;
        if (assignment.WeightsSha256 is { } sha256 && !assignment.Joins)
            weights = await container.MaterializeAsync(BlobLayout.Weights(sha256), cacheFolder, cancellationToken)
                ?? throw new InvalidDataException($"{container.Description} holds no weights {sha256}.");
        if (assignment.Resume is not { } resume || assignment.Joins)
            return new(dataset, weights, TrainingPosition.Start, null, null) { Encoder = encoder, Words = words };

        var checkpoints = new CheckpointStore(container, assignment.Experiment);
        var manifest = await checkpoints.ReadAsync(resume.Step, resume.Attempt, cancellationToken)
            ?? throw new InvalidDataException($"{container.Description} holds no checkpoint of step {resume.Step}.");
        return new(
            dataset,
            weights,
            manifest.Position.Deserialize<TrainingPosition>(JsonSerializerOptions.Web)!,
            await checkpoints.MaterializeAsync(manifest, ModelFile, cacheFolder, cancellationToken),
            await checkpoints.MaterializeAsync(manifest, OptimizerFile, cacheFolder, cancellationToken))
        {
            Encoder = encoder,
            Words = words,
        };
    }

    /// <summary>The checkpoint to restore, or null for a fresh start. The caller disposes it.</summary>
    public ReplicaCheckpoint? OpenCheckpoint()
    {
        if (ModelPath is null || OptimizerPath is null) return null;
        using var model = SafetensorsFile.Open(ModelPath);
        using var optimizer = SafetensorsFile.Open(OptimizerPath);
        return new(Position, model.Names.ToDictionary(name => name, model.Load), optimizer.Names.ToDictionary(name => name, optimizer.Load));
    }
}
