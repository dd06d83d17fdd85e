namespace OrleansTransfer.Storage;

/// <summary>How thoroughly a search for a checkpoint looks.</summary>
public enum CheckpointCheck
{
    /// <summary>The manifest is readable and every file exists with its size. Reads no file.</summary>
    Sizes,

    /// <summary>In addition every file is read and has its SHA-256.</summary>
    Content,
}

/// <summary>A checkpoint that was passed over.</summary>
/// <param name="Name">Prefix of the checkpoint's blobs.</param>
/// <param name="Reason">A sentence.</param>
public sealed record SkippedCheckpoint(string Name, string Reason);

/// <summary>What a search for the newest whole checkpoint found.</summary>
/// <param name="Newest">The newest whole checkpoint, or null if there is none.</param>
/// <param name="Skipped">Newer ones that are damaged, newest first. Unfinished ones are not among them.</param>
public sealed record CheckpointSearch(CheckpointManifest? Newest, IReadOnlyList<SkippedCheckpoint> Skipped);
