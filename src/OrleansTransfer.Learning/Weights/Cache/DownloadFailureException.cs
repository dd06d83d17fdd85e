namespace OrleansTransfer.Learning.Weights.Cache;

/// <summary>An attempt to fetch a file failed. The message is a clause without a full stop.</summary>
/// <param name="reason">What happened.</param>
/// <param name="passing">Whether another attempt may go better.</param>
/// <param name="retryAfter">What the server asks to wait before that, or null.</param>
/// <param name="inner">What brought it about.</param>
internal sealed class DownloadFailureException(string reason, bool passing, TimeSpan? retryAfter = null, Exception? inner = null)
    : Exception(reason, inner)
{
    public bool Passing { get; } = passing;

    public TimeSpan? RetryAfter { get; } = retryAfter;
}
