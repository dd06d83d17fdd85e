namespace OrleansTransfer.Learning.Weights.Cache;

/// <summary>What happens to a download.</summary>
public enum WeightProgressKind
{
    /// <summary>Another process fetches the same file; this one waits for it.</summary>
    Waiting,

    /// <summary>The first bytes are about to come, or the next ones after a part that is here already.</summary>
    Started,

    /// <summary>Bytes came; reported a few times a second at most.</summary>
    Receiving,

    /// <summary>Something failed and is tried again, or a damaged file was deleted.</summary>
    Trouble,

    /// <summary>The file is whole and checked.</summary>
    Finished,
}

/// <summary>A moment of a download.</summary>
/// <param name="Name">The weights, by the name or address they were asked for.</param>
/// <param name="Kind">What happens.</param>
/// <param name="Received">Bytes of the file that are here.</param>
/// <param name="Total">Bytes of the whole file, or null while unknown.</param>
/// <param name="BytesPerSecond">Speed over the last seconds; 0 while unknown.</param>
/// <param name="Text">A sentence for people; empty for <see cref="WeightProgressKind.Receiving"/>.</param>
public sealed record WeightProgress(string Name, WeightProgressKind Kind, long Received, long? Total, double BytesPerSecond, string Text)
{
    /// <summary>Time until the file is whole at this speed; null while unknown.</summary>
    public TimeSpan? Remaining => Total is { } total && BytesPerSecond > 0 ? TimeSpan.FromSeconds((total - Received) / BytesPerSecond) : null;
}
