using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace OrleansTransfer.Storage;

/// <summary>
/// Blobs as the files of a local folder. Several processes of one machine may share it; the file system must support file locks and 100 ns
/// file times, as ext4, XFS, APFS and NTFS do.
/// </summary>
/// <remarks>
/// A write fills a temporary file, flushes it to disk, and renames it over the blob. Changes of one blob are serialised by a lock file, under
/// which the condition is checked and the file gets a modification time that no earlier content of that blob had. The tag is that time and the
/// length: reading or listing it costs no hashing, and an edit by hand changes it too. After a power cut a blob may have its
/// previous content, never a mixture. A name cannot be both a blob and the folder of other blobs.
/// </remarks>
public sealed class FolderBlobContainer : IBlobContainer
{
    private const int CopyBufferBytes = 1 << 20;

    /// <summary>Folders that other processes remove while empty are created again this often before a write gives up.</summary>
    private const int RenameAttempts = 100;

    private static readonly TimeSpan LeftoverAge = TimeSpan.FromHours(1);

    private readonly string _root;
    private readonly string _locks;
    private readonly string _temporary;
    private int _cleaned;

    /// <summary>Opens a folder, which is created by the first write if it does not exist.</summary>
    public FolderBlobContainer(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        _locks = Path.Combine(_root, BlobName.Reserved, "locks");
        _temporary = Path.Combine(_root, BlobName.Reserved, "temporary");
    }

    /// <inheritdoc/>
    public string Description => _root;

    /// <inheritdoc/>
    public Task<Stream?> OpenReadAsync(string name, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<Stream?>(Guard(() => Open(path)));
    }

    /// <inheritdoc/>
    public async Task<(BinaryData Content, string ETag)?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        cancellationToken.ThrowIfCancellationRequested();
        // A file is never changed in place, so content and tag of one handle belong together.
        var file = Guard(() => Open(path));
        if (file is null)
            return null;
        await using (file.ConfigureAwait(false))
        {
            var content = await BinaryData.FromStreamAsync(file, cancellationToken).ConfigureAwait(false);
            return (content, TagOf(File.GetLastWriteTimeUtc(file.SafeFileHandle), file.Length));
        }
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The folder cannot be written: no space, no permission, or locked for too long.</exception>
    public async Task<string> WriteAsync(string name, Stream content, BlobCondition condition, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        ArgumentNullException.ThrowIfNull(content);
        cancellationToken.ThrowIfCancellationRequested();
        var staged = Path.Combine(_temporary, Guid.NewGuid().ToString("N"));
        try
        {
            await StageAsync(content, staged, cancellationToken).ConfigureAwait(false);
            using var held = await LockAsync(name, cancellationToken).ConfigureAwait(false);
            Check(name, path, condition);
            return Publish(staged, path, held);
        }
        finally
        {
            Discard(staged);
        }
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        if (condition.MustBeNew)
            throw new ArgumentException("A blob that must not exist cannot be deleted.", nameof(condition));
        cancellationToken.ThrowIfCancellationRequested();
        if (!File.Exists(path))
            return false;
        using (await LockAsync(name, cancellationToken).ConfigureAwait(false))
        {
            if (!File.Exists(path))
                return false;
            Check(name, path, condition);
            try
            {
                File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw Unusable(e);
            }
        }

        RemoveEmptyParents(path);
        return true;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<BlobEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        BlobName.ValidatePrefix(prefix);
        foreach (var entry in await Task.Run(() => Guard(() => Scan(prefix, cancellationToken)), cancellationToken).ConfigureAwait(false))
            yield return entry;
    }

    /// <summary>The blob's own path; <paramref name="cacheFolder"/> is not used.</summary>
    public Task<string?> MaterializeAsync(string name, string cacheFolder, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(File.Exists(path) ? path : null);
    }

    private static FileStream? Open(string path)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            const FileShare everything = FileShare.ReadWrite | FileShare.Delete;
            return new FileStream(path, FileMode.Open, FileAccess.Read, everything, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null; // Deleted since.
        }
    }

    private static string TagOf(DateTime modified, long length) => string.Create(CultureInfo.InvariantCulture, $"{modified.Ticks:x}-{length:x}");

    private static string? CurrentTag(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? TagOf(file.LastWriteTimeUtc, file.Length) : null;
    }

    private static void Check(string name, string path, BlobCondition condition)
    {
        if (condition.MustBeNew ? File.Exists(path) : condition.ETag is { } tag && CurrentTag(path) != tag)
            throw new BlobConflictException(name);
    }

    private async Task<FolderLock> LockAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await FolderLock.AcquireAsync(_locks, name, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(e);
        }
    }

    /// <summary>Copies to a temporary file and flushes it to disk. Errors of the source pass unchanged; those of the folder name it.</summary>
    private async Task StageAsync(Stream content, string staged, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(CopyBufferBytes);
        try
        {
            // FileShare.None marks the file as being written: see RemoveLeftovers.
            using var file = Guard(() =>
            {
                Directory.CreateDirectory(_temporary);
                RemoveLeftovers();
                return new FileStream(staged, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
            });
            int count;
            while ((count = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                try
                {
                    await file.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
                }
                catch (IOException e)
                {
                    throw Unusable(e);
                }
            }

            await Task.Run(() => Guard(() =>
            {
                file.Flush(flushToDisk: true);
                return true;
            }), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private string Publish(string staged, string path, FolderLock held) => Guard(() =>
    {
        if (Directory.Exists(path))
            throw new IOException($"'{path}' is a folder of other blobs and cannot be a blob itself.");
        var before = new FileInfo(path);
        var version = held.NextVersion(before.Exists ? before.LastWriteTimeUtc : DateTime.MinValue);
        File.SetLastWriteTimeUtc(staged, version);
        if (File.GetLastWriteTimeUtc(staged) != version)
            throw new IOException("its file system keeps only coarse file times, by which changes cannot be told apart. Use another one.");
        var length = new FileInfo(staged).Length;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.Move(staged, path, overwrite: true);
                return TagOf(version, length);
            }
            catch (IOException) when (attempt < RenameAttempts && File.Exists(staged))
            {
                // Someone who deleted the last blob of that folder removed it: between the two calls (then the move finds no folder),
                // or inside the first (then it finds a name taken and, looking again, nothing there, and says "already exists").
            }
        }
    });

    private List<BlobEntry> Scan(string prefix, CancellationToken cancellationToken)
    {
        var entries = new List<BlobEntry>();
        var start = Path.Combine(_root, prefix[..(prefix.LastIndexOf('/') + 1)]);
        // Links are not followed: they may lead out of the folder or in circles.
        // An unreadable folder is an error: skipping it would make its blobs look deleted.
        var options = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            AttributesToSkip = FileAttributes.ReparsePoint,
            IgnoreInaccessible = false,
        };
        IEnumerable<FileInfo> files = Directory.Exists(start) ? new DirectoryInfo(start).EnumerateFiles("*", options) : [];
        foreach (var file in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var name = Path.GetRelativePath(_root, file.FullName).Replace(Path.DirectorySeparatorChar, '/');
            if (!name.StartsWith(prefix, StringComparison.Ordinal) || name.StartsWith(BlobName.Reserved + "/", StringComparison.Ordinal))
                continue;
            file.Refresh();
            if (file.Exists)
                entries.Add(new BlobEntry(name, file.Length, TagOf(file.LastWriteTimeUtc, file.Length), file.LastWriteTimeUtc));
        }

        entries.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return entries;
    }

    /// <summary>Deletes, once per container, the temporary files of writers that died: old ones that no process holds open.</summary>
    private void RemoveLeftovers()
    {
        if (Interlocked.Exchange(ref _cleaned, 1) != 0)
            return;
        foreach (var file in new DirectoryInfo(_temporary).EnumerateFiles())
        {
            if (DateTime.UtcNow - file.LastWriteTimeUtc < LeftoverAge)
                continue;
            try
            {
                using (new FileStream(file.FullName, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
                {
                }

                file.Delete();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Still being written, or already removed by someone else.
            }
        }
    }

    private void RemoveEmptyParents(string path)
    {
        try
        {
            for (var parent = Path.GetDirectoryName(path)!; parent.Length > _root.Length; parent = Path.GetDirectoryName(parent)!)
                Directory.Delete(parent);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not empty, or removed by someone else: both end the walk.
        }
    }

    private static void Discard(string staged)
    {
        try
        {
            File.Delete(staged);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next process to open the folder removes it.
        }
    }

    private T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(e);
        }
    }

    private IOException Unusable(Exception inner) => new($"The folder '{_root}' cannot be used: {inner.Message}", inner);

    private string PathOf(string name)
    {
        BlobName.Validate(name);
        return Path.Combine(_root, name.Replace('/', Path.DirectorySeparatorChar));
    }
}
