namespace OrleansTransfer.Storage;

/// <summary>A blob as a listing shows it.</summary>
/// <param name="Name">Full name, with forward slashes.</param>
/// <param name="Length">Bytes.</param>
/// <param name="ETag">Changes whenever the content does.</param>
/// <param name="Modified">When it was last written.</param>
public sealed record BlobEntry(string Name, long Length, string ETag, DateTimeOffset Modified);

/// <summary>What must be true of a blob for a write or delete to happen.</summary>
public readonly record struct BlobCondition
{
    private BlobCondition(string? eTag, bool mustBeNew) => (ETag, MustBeNew) = (eTag, mustBeNew);

    /// <summary>The tag the blob must still have, or null.</summary>
    public string? ETag { get; }

    /// <summary>Whether the blob must not exist yet.</summary>
    public bool MustBeNew { get; }

    /// <summary>No condition: the last writer wins.</summary>
    public static BlobCondition None => default;

    /// <summary>Only if no blob of that name exists.</summary>
    public static BlobCondition IfNew => new(null, true);

    /// <summary>Only if the blob still has this tag.</summary>
    public static BlobCondition IfMatch(string eTag) => new(eTag, false);
}

/// <summary>A conditional write or delete found the blob other than its condition asks.</summary>
public sealed class BlobConflictException(string name, Exception? inner = null)
    : Exception($"The blob '{name}' was changed or created by someone else in the meantime.", inner)
{
    /// <summary>Name of the blob.</summary>
    public string Name { get; } = name;
}

/// <summary>
/// Named byte sequences: a folder on disk, or a container in Azure. Names are relative, use forward slashes, and have
/// no empty, <c>.</c> or <c>..</c> parts.
/// A write is atomic: readers see the old content or the new one. Every implementation passes the same conformance suite.
/// </summary>
public interface IBlobContainer
{
    /// <summary>What the container is, for messages: a folder's path or a container's address without secrets.</summary>
    string Description { get; }

    /// <summary>Opens a blob for reading, or returns null if it does not exist. The stream can seek if it reads a file.</summary>
    Task<Stream?> OpenReadAsync(string name, CancellationToken cancellationToken);

    /// <summary>Reads a small blob whole with its tag, or returns null if it does not exist.</summary>
    Task<(BinaryData Content, string ETag)?> ReadAsync(string name, CancellationToken cancellationToken);

    /// <summary>Writes a blob whole from a stream and returns its new tag. On failure or cancellation the old content stays.</summary>
    /// <exception cref="BlobConflictException"><paramref name="condition"/> does not hold.</exception>
    Task<string> WriteAsync(string name, Stream content, BlobCondition condition, CancellationToken cancellationToken);

    /// <summary>Deletes a blob; returns false if there was none.</summary>
    /// <exception cref="BlobConflictException"><paramref name="condition"/> does not hold.</exception>
    Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken cancellationToken);

    /// <summary>Blobs whose names start with <paramref name="prefix"/>, in ordinal order of their names.</summary>
    IAsyncEnumerable<BlobEntry> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>
    /// A path under which this process can map the blob's content, or null if it does not exist. An Azure container downloads it into
    /// <paramref name="cacheFolder"/> first.
    /// </summary>
    Task<string?> MaterializeAsync(string name, string cacheFolder, CancellationToken cancellationToken);
}
