namespace OrleansTransfer.Learning.Weights.Cache;

/// <summary>
/// Weights could not be fetched: the network, the server, the disk, or the bytes that came. The message says what was tried and what to do.
/// </summary>
public sealed class WeightDownloadException : LearningException
{
    public WeightDownloadException(string message) : base(message) { }

    public WeightDownloadException(string message, Exception inner) : base(message, inner) { }
}
