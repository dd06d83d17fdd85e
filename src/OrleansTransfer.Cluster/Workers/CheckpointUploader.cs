using System.Text.Json;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Weights;
using OrleansTransfer.Storage;
using static TorchSharp.torch;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>
/// Writes a replica's checkpoints while it trains on. One at a time: a second one waits, so that no more than two copies of the state exist. The files
/// are the worker's work; whether they become a checkpoint is for the experiment to say.
/// </summary>
/// <param name="store">The experiment's checkpoints.</param>
/// <param name="commit">Lets a checkpoint exist whose files are written; false if the worker no longer counts.</param>
/// <param name="keep">Whole checkpoints to keep.</param>
/// <param name="reports">Hears of stored checkpoints.</param>
/// <param name="time">The clock.</param>
/// <param name="cancellationToken">Ends an upload.</param>
public sealed class CheckpointUploader(
    CheckpointStore store,
    Func<CheckpointManifest, Task<bool>> commit,
    int keep,
    ReportChannel reports,
    TimeProvider time,
    CancellationToken cancellationToken) : IAsyncDisposable
{
    // How long a container may be away, or full, before a run ends that could not be gone on with.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1), s_pause = TimeSpan.FromSeconds(2);

    private Task _upload = Task.CompletedTask;

    /// <summary>Whether no upload is under way.</summary>
    public bool IsIdle => _upload.IsCompleted;

    /// <summary>
    /// Hands over a checkpoint, which is disposed once it is written. Called on the training thread; waits there while an earlier one is being
    /// written.
    /// </summary>
    /// <param name="checkpoint">What to store.</param>
    /// <param name="generation">Generation of the group; names the checkpoint.</param>
    /// <exception cref="IOException">The earlier one could not be written.</exception>
    public void Enqueue(ReplicaCheckpoint checkpoint, int generation)
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
        _upload = Task.Run(() => UploadAsync(checkpoint, generation), CancellationToken.None);
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

    private async Task UploadAsync(ReplicaCheckpoint checkpoint, int generation)
    {
        using var owned = checkpoint;
        var started = time.GetTimestamp();
        var step = checkpoint.Position.GlobalStep;
        for (var said = false; ; said = true)
        {
            try
            {
                if (await StoreAsync(checkpoint, generation) is not { } bytes) return;
                Instruments.RecordCheckpoint(time.GetElapsedTime(started).TotalSeconds, bytes);
                reports.Add(Event("checkpoint", checkpoint, $"Checkpoint of step {step}."));
                return;
            }
            catch (BlobConflictException) when (said)
            {
                // It was stored, and only the answer was lost.
                return;
            }
            catch (IOException e) when (time.GetElapsedTime(started) < s_patience)
            {
                if (!said) reports.Add(Event("log", checkpoint, $"The checkpoint of step {step} cannot be written at the moment: {e.Message}"));
                await Task.Delay(s_pause, time, cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw new IOException($"The checkpoint of step {step} could not be written: {e.Message}", e);
            }
        }
    }

    // The bytes of a checkpoint that exists now, or null if the worker no longer counts.
    private async Task<long?> StoreAsync(ReplicaCheckpoint checkpoint, int generation)
    {
        var manifest = await store.StageAsync(
            checkpoint.Position.GlobalStep,
            NameOf(generation),
            JsonSerializer.SerializeToElement(checkpoint.Position, JsonSerializerOptions.Web),
            [new(ReplicaInputs.ModelFile, Writer(checkpoint.Model)), new(ReplicaInputs.OptimizerFile, Writer(checkpoint.Optimizer))],
            cancellationToken);
        if (!await commit(manifest)) return null;
        await store.PruneAsync(keep, cancellationToken);
        return manifest.Files.Sum(file => file.Size);
    }

    private ExperimentEvent Event(string kind, ReplicaCheckpoint checkpoint, string message) => new()
    {
        Sequence = 0,
        Time = time.GetUtcNow(),
        Kind = kind,
        Step = checkpoint.Position.GlobalStep,
        Epoch = checkpoint.Position.Epoch + (checkpoint.Position.Step > 0 ? 1 : 0),
        Message = message,
    };

    /// <summary>How the checkpoints of a generation are told from those of another.</summary>
    public static string NameOf(int generation) => $"{generation:D6}";

    private static Func<Stream, CancellationToken, Task> Writer(IReadOnlyDictionary<string, Tensor> tensors) => (stream, _) =>
    {
        SafetensorsWriter.Write(stream, tensors.Select(pair => (pair.Key, pair.Value)));
        return Task.CompletedTask;
    };
}
