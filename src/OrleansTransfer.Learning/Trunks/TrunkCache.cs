namespace OrleansTransfer.Learning.Trunks;

/// <summary>
/// Files of features on this machine, by what they are made of. Whoever asks first makes a file, and others who ask meanwhile wait for it. A file
/// that is damaged or was not finished is made anew. Files that were not used for longest go when there are too many bytes of them.
/// </summary>
/// <param name="folder">Where they are; made when needed. Several processes may share it.</param>
/// <param name="mostBytes">Bytes of all files together; 0 keeps none.</param>
public sealed class TrunkCache(string folder, long mostBytes)
{
    private const string Extension = ".features", Unfinished = ".unfinished";

    // What a process that died left behind is not written to any more.
    private static readonly TimeSpan s_abandoned = TimeSpan.FromHours(6);

    private readonly Dictionary<string, Making> _makings = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>Bytes of all files together.</summary>
    public long MostBytes => mostBytes;

    /// <summary>The file of a key.</summary>
    /// <param name="key">What it is made of, in letters and digits.</param>
    /// <param name="rows">Samples.</param>
    /// <param name="make">Writes its rows, in order, unless it is there.</param>
    /// <param name="cancellationToken">Ends the waiting and the making.</param>
    /// <exception cref="TrunkTooLargeException">It would take more bytes than all files together may.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public Kept Open(string key, int rows, Action<TrunkFile.Writer> make, CancellationToken cancellationToken)
    {
        if (mostBytes <= 0) throw new TrunkTooLargeException("features are not kept on this node: its limit is 0 bytes");
        var making = Hold(key);
        try
        {
            making.Turn.Wait(cancellationToken);
            try
            {
                var path = Path.Combine(folder, key + Extension);
                var (file, damage) = TryOpen(path, rows, cancellationToken);
                if (file is not null) return new(file, Made: false, null);
                Make(path, key, rows, make);
                MakeRoom(path);
                return new(TrunkFile.Open(path, rows, cancellationToken), Made: true, damage);
            }
            finally
            {
                making.Turn.Release();
            }
        }
        finally
        {
            Release(key, making);
        }
    }

    private static (TrunkFile? File, string? Damage) TryOpen(string path, int rows, CancellationToken cancellationToken)
    {
        try
        {
            var file = TrunkFile.Open(path, rows, cancellationToken);
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
            return (file, null);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return (null, null);
        }
        catch (TrunkCorruptException e)
        {
            File.Delete(path);
            return (null, e.Message);
        }
    }

    private void Make(string path, string key, int rows, Action<TrunkFile.Writer> make)
    {
        Directory.CreateDirectory(folder);
        var unfinished = Path.Combine(folder, $"{key}-{Guid.NewGuid():N}{Unfinished}");
        try
        {
            using (var stream = new FileStream(unfinished, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16))
            {
                var writer = new TrunkFile.Writer(stream, rows) { Sized = Limit };
                make(writer);
                writer.Finish();
            }
            File.Move(unfinished, path, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }

    private void Limit(long bytes)
    {
        if (bytes > mostBytes)
            throw new TrunkTooLargeException($"features of {bytes / 1e6:0} MB are more than the {mostBytes / 1e6:0} MB that this node keeps");
    }

    // Whoever reads a file that is deleted reads on.
    private void MakeRoom(string newest)
    {
        foreach (var left in new DirectoryInfo(folder).EnumerateFiles("*" + Unfinished))
            if (DateTime.UtcNow - left.LastWriteTimeUtc > s_abandoned) left.Delete();
        var bytes = 0L;
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*" + Extension).OrderByDescending(file => file.FullName == newest)
            .ThenByDescending(file => file.LastWriteTimeUtc).ToList())
        {
            bytes += file.Length;
            if (bytes > mostBytes) file.Delete();
        }
    }

    private Making Hold(string key)
    {
        lock (_gate)
        {
            if (!_makings.TryGetValue(key, out var making)) _makings[key] = making = new();
            making.Holders++;
            return making;
        }
    }

    private void Release(string key, Making making)
    {
        lock (_gate)
            if (--making.Holders == 0) _makings.Remove(key);
    }

    private sealed class Making
    {
        public SemaphoreSlim Turn { get; } = new(1, 1);

        public int Holders { get; set; }
    }
}

/// <summary>A file of features to read from.</summary>
/// <param name="File">The caller disposes it.</param>
/// <param name="Made">Whether it was made just now.</param>
/// <param name="Damage">What was wrong with the one that was there; null for nothing.</param>
public sealed record Kept(TrunkFile File, bool Made, string? Damage);

/// <summary>Features take more room than there is for them.</summary>
public sealed class TrunkTooLargeException(string message) : IOException(message);
