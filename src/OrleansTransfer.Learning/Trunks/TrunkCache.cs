namespace OrleansTransfer.Learning.Trunks;

/// <summary>
/// Files of features on this machine, by what they are made of. All who ask for one fill it and read from it together. Files that were not used for
/// longest go when there are too many bytes of them.
/// </summary>
/// <param name="folder">Where they are; made when needed. Several processes may share it.</param>
/// <param name="mostBytes">Bytes of all files together, as if they had all their rows; 0 keeps none.</param>
public sealed class TrunkCache(string folder, long mostBytes)
{
    private const string Extension = ".features", Unfinished = ".unfinished";

    // What a process that died left behind is not written to any more.
    private static readonly TimeSpan s_abandoned = TimeSpan.FromHours(6);

    private readonly Lock _gate = new();

    /// <summary>The file of a key, made without rows where there is none.</summary>
    /// <param name="key">What it is made of, in letters and digits.</param>
    /// <param name="rows">Samples.</param>
    /// <param name="shape">Tells the shape of a row; asked when the file is made.</param>
    /// <exception cref="TrunkTooLargeException">It would take more bytes than all files together may.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public Kept Open(string key, int rows, Func<IReadOnlyList<long>> shape)
    {
        if (mostBytes <= 0) throw new TrunkTooLargeException("features are not kept on this node: its limit is 0 bytes");
        var path = Path.Combine(folder, key + Extension);
        var (found, damage) = TryOpen(path, rows);
        if (found is not null) return new(found, Made: false, null);
        var rowShape = shape();
        lock (_gate)
        {
            // Another worker may have been faster.
            if (TryOpen(path, rows).File is { } file) return new(file, Made: false, damage);
            Make(path, key, rows, rowShape);
            MakeRoom(path);
            return new(TrunkFile.Open(path, rows), Made: true, damage);
        }
    }

    private static (TrunkFile? File, string? Damage) TryOpen(string path, int rows)
    {
        try
        {
            var file = TrunkFile.Open(path, rows);
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

    private void Make(string path, string key, int rows, IReadOnlyList<long> shape)
    {
        var bytes = TrunkFile.LengthOf(rows, shape.Aggregate(1L, (product, size) => product * size));
        if (bytes > mostBytes)
            throw new TrunkTooLargeException($"features of {bytes / 1e6:0} MB are more than the {mostBytes / 1e6:0} MB that this node keeps");
        Directory.CreateDirectory(folder);
        var unfinished = Path.Combine(folder, $"{key}-{Guid.NewGuid():N}{Unfinished}");
        try
        {
            using (var stream = new FileStream(unfinished, FileMode.CreateNew, FileAccess.Write, FileShare.None))
                TrunkFile.Create(stream, rows, shape);
            File.Move(unfinished, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was faster: its file serves as well.
        }
        finally
        {
            File.Delete(unfinished);
        }
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
            // Another process may be making room too.
            if (!file.Exists) continue;
            bytes += file.Length;
            if (bytes > mostBytes) file.Delete();
        }
    }
}

/// <summary>A file of features to read from and to add to.</summary>
/// <param name="File">The caller disposes it.</param>
/// <param name="Made">Whether it was made just now.</param>
/// <param name="Damage">What was wrong with the one that was there; null for nothing.</param>
public sealed record Kept(TrunkFile File, bool Made, string? Damage);

/// <summary>Features take more room than there is for them.</summary>
public sealed class TrunkTooLargeException(string message) : IOException(message);
