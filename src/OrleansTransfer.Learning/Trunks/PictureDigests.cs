using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using OrleansTransfer.Learning.Data;

namespace OrleansTransfer.Learning.Trunks;

/// <summary>
/// Digests of the bytes of sets of pictures. Workers and trials of a node ask for the same ones again and again: while no file of a set has another
/// size or time, its bytes are read once.
/// </summary>
public sealed class PictureDigests
{
    // A node that never rests meets ever more sets. Those that are forgotten are read once more when they come again.
    private const int MostSets = 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>SHA-256 of the bytes of pictures, in order; their names play no part.</summary>
    /// <param name="root">Folder that the samples' paths are relative to.</param>
    /// <param name="samples">The samples, in order.</param>
    /// <param name="cancellationToken">Ends the reading, and the waiting for one who reads the same.</param>
    /// <exception cref="LearningException">A sample cannot be read; names it.</exception>
    public byte[] Of(string root, IReadOnlyList<ImageSample> samples, CancellationToken cancellationToken)
    {
        var entry = EntryOf(StampOf(root, samples, cancellationToken));
        while (!Monitor.TryEnter(entry, s_patience)) cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return entry.Digest ??= Digest(root, samples, cancellationToken);
        }
        finally
        {
            Monitor.Exit(entry);
        }
    }

    private Entry EntryOf(string stamp)
    {
        lock (_entries)
        {
            if (_entries.TryGetValue(stamp, out var entry)) return entry;
            if (_entries.Count == MostSets) _entries.Clear();
            return _entries[stamp] = new();
        }
    }

    private static string StampOf(string root, IReadOnlyList<ImageSample> samples, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string? collection = null;
        foreach (var sample in samples)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Reading(root, sample, path =>
            {
                hash.AppendData(Encoding.UTF8.GetBytes(path + "\n"));
                var file = IdxPictures.Split(path) is var (whole, _) ? whole : path;
                if (file == collection) return;
                collection = file;
                var info = new FileInfo(file);
                Add(hash, info.Length);
                Add(hash, info.LastWriteTimeUtc.Ticks);
            });
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static byte[] Digest(string root, IReadOnlyList<ImageSample> samples, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string? collection = null;
        foreach (var sample in samples)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Reading(root, sample, path =>
            {
                if (IdxPictures.Split(path) is var (file, index))
                {
                    // Many pictures in one file: its bytes count once.
                    if (file != collection) hash.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
                    collection = file;
                    Add(hash, index);
                    return;
                }
                var bytes = File.ReadAllBytes(path);
                Add(hash, bytes.Length);
                hash.AppendData(bytes);
            });
        }
        return hash.GetHashAndReset();
    }

    private static void Reading(string root, ImageSample sample, Action<string> read)
    {
        try
        {
            read(Path.Combine(root, sample.Path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LearningException($"The picture '{sample.Path}' cannot be used: it cannot be read ({e.Message.TrimEnd('.')}).", e);
        }
    }

    private static void Add(IncrementalHash hash, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }

    private sealed class Entry
    {
        public byte[]? Digest { get; set; }
    }
}
