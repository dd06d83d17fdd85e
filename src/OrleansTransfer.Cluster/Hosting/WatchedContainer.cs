using System.Runtime.CompilerServices;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Hosting;

/// <summary>A container whose failures are counted. A condition that does not hold is an answer, and whoever gives up has not been failed.</summary>
public sealed class WatchedContainer(IBlobContainer container) : IBlobContainer
{
    /// <inheritdoc/>
    public string Description => container.Description;

    /// <inheritdoc/>
    public Task<Stream?> OpenReadAsync(string name, CancellationToken cancellationToken) =>
        WatchAsync("read", container.OpenReadAsync(name, cancellationToken));

    /// <inheritdoc/>
    public Task<(BinaryData Content, string ETag)?> ReadAsync(string name, CancellationToken cancellationToken) =>
        WatchAsync("read", container.ReadAsync(name, cancellationToken));

    /// <inheritdoc/>
    public Task<string> WriteAsync(string name, Stream content, BlobCondition condition, CancellationToken cancellationToken) =>
        WatchAsync("write", container.WriteAsync(name, content, condition, cancellationToken));

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken cancellationToken) =>
        WatchAsync("delete", container.DeleteAsync(name, condition, cancellationToken));

    /// <inheritdoc/>
    public async IAsyncEnumerable<BlobEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var blobs = container.ListAsync(prefix, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await WatchAsync("list", blobs.MoveNextAsync().AsTask())) yield return blobs.Current;
    }

    /// <inheritdoc/>
    public Task<string?> MaterializeAsync(string name, string cacheFolder, CancellationToken cancellationToken) =>
        WatchAsync("download", container.MaterializeAsync(name, cacheFolder, cancellationToken));

    private static async Task<T> WatchAsync<T>(string operation, Task<T> task)
    {
        try
        {
            return await task.ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not (BlobConflictException or OperationCanceledException or ArgumentException))
        {
            Instruments.BlobFailed(operation);
            throw;
        }
    }
}
