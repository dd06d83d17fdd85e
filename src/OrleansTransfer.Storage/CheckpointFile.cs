namespace OrleansTransfer.Storage;

/// <summary>A file to be written to a checkpoint or a bundle.</summary>
/// <param name="Name">A plain file name.</param>
/// <param name="Write">Writes the content to a stream that can seek.</param>
public sealed record CheckpointFile(string Name, Func<Stream, CancellationToken, Task> Write)
{
    /// <summary>A file with the content of a local one.</summary>
    public static CheckpointFile FromPath(string name, string path) => new(name, async (target, cancellationToken) =>
    {
        await using var source = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous);
        await source.CopyToAsync(target, cancellationToken).ConfigureAwait(false);
    });

    /// <summary>A file with the given content, for example text.</summary>
    public static CheckpointFile FromData(string name, BinaryData content) =>
        new(name, (target, cancellationToken) => target.WriteAsync(content.ToMemory(), cancellationToken).AsTask());
}
