using OrleansTransfer.Storage;

namespace OrleansTransfer.Gateway.Tests;

/// <summary>Blobs in memory, for reading only.</summary>
internal sealed class FakeContainer : IBlobContainer
{
    public SortedDictionary<string, byte[]> Blobs { get; } = new(StringComparer.Ordinal);

    public string Description => "memory";

    public Task<Stream?> OpenReadAsync(string name, CancellationToken cancellationToken) =>
        Task.FromResult<Stream?>(Blobs.TryGetValue(name, out var content) ? new MemoryStream(content) : null);

    public async IAsyncEnumerable<BlobEntry> ListAsync(
        string prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var (name, content) in Blobs.Where(blob => blob.Key.StartsWith(prefix, StringComparison.Ordinal)))
            yield return new(name, content.Length, "1", DateTimeOffset.UnixEpoch);
    }

    public Task<(BinaryData Content, string ETag)?> ReadAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<string> WriteAsync(string name, Stream content, BlobCondition condition, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<string?> MaterializeAsync(string name, string cacheFolder, CancellationToken cancellationToken) => throw new NotSupportedException();
}
