namespace OrleansTransfer.Storage;

/// <summary>A file of a checkpoint is not what was written.</summary>
public sealed class CheckpointCorruptException(string file, string reason)
    : Exception($"The checkpoint file '{file}' is damaged: {reason}.")
{
    /// <summary>Full name of the damaged blob.</summary>
    public string File { get; } = file;
}
