using System.Text.Json;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Workers;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Weights;
using OrleansTransfer.Storage;
using static TorchSharp.torch;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>
/// Writes a replica's checkpoints while it trains on. One at a time: a second one waits, so that no more than two copies of the state exist.
/// </summary>
public sealed class CheckpointUploader(
    CheckpointStore store, WorkerAssignment assignment, ReportChannel reports, TimeProvider time, CancellationToken cancellationToken) : IAsyncDisposable
{
    private Task _upload = Task.CompletedTask;

    /// <summary>Whether no upload is under way.</summary>
    public bool IsIdle => _upload.IsCompleted;

    /// <summary>
    /// Hands over a checkpoint, which is disposed once it is written. Called on the training thread; waits there while an earlier one is being
    /// written.
    /// </summary>
    /// <exception cref="IOException">The earlier one could not be written.</exception>
    public void Enqueue(ReplicaCheckpoint checkpoint)
    {
        try
        {
            _upload.GetAwaiter().GetResult();
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
        _upload = Task.Run(() => UploadAsync(checkpoint), CancellationToken.None);
    }

    /// <summary>Ends the run when an upload has failed: training on without checkpoints would only lose more.</summary>
    /// <exception cref="IOException">An upload failed.</exception>
    public void ThrowIfFailed()
    {
        if (_upload.IsFaulted) _upload.GetAwaiter().GetResult();
    }

    /// <summary>Waits for the upload under way.</summary>
    /// <exception cref="IOException">It failed.</exception>
    public Task DrainAsync() => _upload;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _upload.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task UploadAsync(ReplicaCheckpoint checkpoint)
    {
        using var owned = checkpoint;
        var started = time.GetTimestamp();
        var step = checkpoint.Position.GlobalStep;
        try
        {
            var manifest = await store.WriteAsync(
                step,
                AttemptName(assignment.Attempt),
                JsonSerializer.SerializeToElement(checkpoint.Position, JsonSerializerOptions.Web),
                [new(ReplicaInputs.ModelFile, Writer(checkpoint.Model)), new(ReplicaInputs.OptimizerFile, Writer(checkpoint.Optimizer))],
                cancellationToken);
            await store.PruneAsync(assignment.Recipe.Checkpoint.Keep, cancellationToken);
            Instruments.RecordCheckpoint(time.GetElapsedTime(started).TotalSeconds, manifest.Files.Sum(file => file.Size));
            reports.Add(new()
            {
                Sequence = 0,
                Time = time.GetUtcNow(),
                Kind = "checkpoint",
                Step = step,
                Epoch = checkpoint.Position.Epoch + (checkpoint.Position.Step > 0 ? 1 : 0),
                Message = $"Checkpoint of step {step}.",
            });
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new IOException($"The checkpoint of step {step} could not be written: {e.Message}", e);
        }
    }

    /// <summary>How the checkpoints of an attempt are told from those of another.</summary>
    public static string AttemptName(int attempt) => $"{attempt:D3}";

    private static Func<Stream, CancellationToken, Task> Writer(IReadOnlyDictionary<string, Tensor> tensors) => (stream, _) =>
    {
        SafetensorsWriter.Write(stream, tensors.Select(pair => (pair.Key, pair.Value)));
        return Task.CompletedTask;
    };
}
