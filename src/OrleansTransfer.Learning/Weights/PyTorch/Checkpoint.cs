namespace OrleansTransfer.Learning.Weights.PyTorch;

/// <summary>What <c>torch.save</c> wrote, whatever the layout.</summary>
/// <param name="Root">The object that was saved, as <see cref="Unpickler"/> gives it.</param>
/// <param name="RootOffset">Where its pickle begins, in bytes from the file's start.</param>
/// <param name="StorageOffsets">First byte of each storage, proven to lie in the file in full.</param>
internal sealed record Checkpoint(object? Root, long RootOffset, IReadOnlyDictionary<string, long> StorageOffsets);
