using System.Text.Json;

namespace OrleansTransfer.Storage;

/// <summary>What a checkpoint consists of. It is written last: a checkpoint without its manifest does not exist.</summary>
/// <param name="FormatVersion">Version of the layout; this code writes and reads <see cref="CurrentFormatVersion"/>.</param>
/// <param name="Experiment">Id of the experiment.</param>
/// <param name="Step">Optimizer steps applied.</param>
/// <param name="Attempt">Tells apart several writers of the same step.</param>
/// <param name="Created">When the manifest was written.</param>
/// <param name="Position">Where the run stands, in a form that only its writer knows.</param>
/// <param name="Files">Every file of the checkpoint.</param>
public sealed record CheckpointManifest(
    int FormatVersion,
    string Experiment,
    long Step,
    string Attempt,
    DateTimeOffset Created,
    JsonElement Position,
    IReadOnlyList<CheckpointManifestFile> Files)
{
    /// <summary>The version that this code writes.</summary>
    public const int CurrentFormatVersion = 1;
}

/// <summary>A file of a checkpoint.</summary>
/// <param name="Name">A plain file name.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">SHA-256 of the content in lower-case hex.</param>
public sealed record CheckpointManifestFile(string Name, long Size, string Sha256);
