namespace OrleansTransfer.Learning.Weights.Cache;

/// <summary>
/// The right to write one file of the cache, among all processes of the machine. The system releases a dead process's lock; the lock file itself is
/// never deleted, for two processes could then hold "the" lock on two different files.
/// </summary>
internal sealed class CacheLock : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly FileStream _file;

    private CacheLock(FileStream file) => _file = file;

    /// <summary>Takes the lock as soon as it is free.</summary>
    /// <param name="path">The lock file; its folder exists.</param>
    /// <param name="onWait">Called once if someone else holds it.</param>
    /// <param name="time">Clock of the pauses.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<CacheLock> AcquireAsync(string path, Action onWait, TimeProvider time, CancellationToken cancellationToken)
    {
        for (var waited = false; ; waited = true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return new(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
            }
            catch (IOException e) when (IsHeldElsewhere(e))
            {
                if (!waited) onWait();
            }
            await Task.Delay(s_pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Sharing violation: ERROR_SHARING_VIOLATION on Windows, EWOULDBLOCK from flock on Linux (11) and on macOS (35).</summary>
    private static bool IsHeldElsewhere(IOException e) =>
        OperatingSystem.IsWindows() ? e.HResult == unchecked((int)0x80070020) : e.HResult is 11 or 35;
}
