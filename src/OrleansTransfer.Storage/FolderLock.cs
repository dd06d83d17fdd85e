using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace OrleansTransfer.Storage;

/// <summary>
/// Exclusive right to change one blob of a folder, among all processes of the machine. Blobs share a fixed number of lock files, which are
/// never deleted: deleting one would let two processes hold "the" lock on two different files. The system releases a dead process's locks.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    private const int Stripes = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(25);

    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <exception cref="IOException">Someone else held the lock for more than 30 seconds.</exception>
    internal static async Task<FolderLock> AcquireAsync(string lockFolder, string name, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(lockFolder);
        var path = Path.Combine(lockFolder, $"{SHA256.HashData(Encoding.UTF8.GetBytes(name))[0] % Stripes:x2}");
        var started = TimeProvider.System.GetTimestamp();
        var pause = TimeSpan.FromMilliseconds(1);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return new FolderLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
            }
            catch (IOException e) when (IsHeldElsewhere(e))
            {
                if (TimeProvider.System.GetElapsedTime(started) > Patience)
                    throw new IOException($"another process has held the lock of '{name}' for more than {Patience.TotalSeconds:0} seconds.", e);
            }

            await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause * (0.5 + (Random.Shared.NextDouble() / 2));
        }
    }

    /// <summary>
    /// A time later than any this lock has given out and than <paramref name="previous"/>, and otherwise the present. It becomes the blob's
    /// modification time, so that no two contents of a blob ever share one, however quickly they follow and even if the blob was deleted or the
    /// clock set back in between.
    /// </summary>
    internal DateTime NextVersion(DateTime previous)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        _file.Position = 0;
        var last = _file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) == bytes.Length ? BinaryPrimitives.ReadInt64LittleEndian(bytes) : 0;
        var next = Math.Max(DateTime.UtcNow.Ticks, Math.Max(last, previous.Ticks) + 1);
        BinaryPrimitives.WriteInt64LittleEndian(bytes, next);
        _file.Position = 0;
        _file.Write(bytes);
        return new DateTime(next, DateTimeKind.Utc);
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Sharing violation: ERROR_SHARING_VIOLATION on Windows, EWOULDBLOCK from flock on Linux (11) and on macOS (35).</summary>
    private static bool IsHeldElsewhere(IOException e) =>
        OperatingSystem.IsWindows() ? e.HResult == unchecked((int)0x80070020) : e.HResult is 11 or 35;
}
