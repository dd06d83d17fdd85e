namespace OrleansTransfer.Learning.Weights.Cache;

/// <summary>Patience with the network.</summary>
public sealed record DownloadOptions
{
    /// <summary>Time without a single byte after which a connection counts as broken. Default 30 s.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Failures in a row, without a new byte between them, after which a download is given up. Default 5.</summary>
    public int Failures { get; init; } = 5;

    /// <summary>Pause after the first failure; it doubles with each further one. Default 1 s.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause of our own making. Default 30 s.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest pause that a server may ask for with Retry-After; if it asks for more, this is what it gets. Default 2 min.</summary>
    public TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Bytes free on the disk that holds a folder; null when it cannot be told.</summary>
    internal Func<string, long?> FreeSpace { get; init; } = FreeSpaceOf;

    /// <summary>
    /// The pause before the next attempt: exponential, shortened at random by up to a half so that nodes that failed together do not come back
    /// together, and never shorter than what the server asks for, within bounds.
    /// </summary>
    /// <param name="failures">Failures in a row, from 1.</param>
    /// <param name="retryAfter">What the server asks for, or null.</param>
    /// <param name="random">0 to below 1.</param>
    public TimeSpan PauseAfter(int failures, TimeSpan? retryAfter, double random)
    {
        var doubled = FirstPause * Math.Pow(2, Math.Min(failures, 30) - 1);
        var own = (doubled < LongestPause ? doubled : LongestPause) * (1 - random / 2);
        var asked = retryAfter is { } wanted ? (wanted < LongestRetryAfter ? wanted : LongestRetryAfter) : TimeSpan.Zero;
        return own > asked ? own : asked;
    }

    private static long? FreeSpaceOf(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
