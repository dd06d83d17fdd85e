using System.Security.Cryptography;
using System.Text.Json;

namespace OrleansTransfer.Learning.Weights.Cache;

/// <summary>
/// The beginning of a file that is being fetched, and beside it in a small JSON file what it is the beginning of: a later attempt, or process, goes
/// on from there if the server still has the same.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    private const int BlockBytes = 1 << 20;

    private readonly FileStream _file;
    private readonly string _originPath;
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);

    private PartialFile(string path, FileStream file) => (Path, _originPath, _file) = (path, path + ".json", file);

    public string Path { get; }

    /// <summary>What the bytes are the beginning of; null while there are none.</summary>
    public PartialOrigin? Origin { get; private set; }

    /// <summary>Bytes that are here.</summary>
    public long Length => _file.Length;

    /// <summary>Opens what an earlier attempt left, if it is the beginning of what <paramref name="url"/> names, or else an empty file.</summary>
    public static async Task<PartialFile> OpenAsync(string path, Uri url, CancellationToken cancellationToken)
    {
        var partial = new PartialFile(path, new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, bufferSize: 0));
        try
        {
            var origin = partial.ReadOrigin();
            if (origin is { Validator.Length: > 0 } && origin.Url == UrlText.Shown(url) && partial.Length > 0)
            {
                partial.Origin = origin;
                await partial.HashAllAsync(cancellationToken).ConfigureAwait(false);
            }
            else partial.Discard();
            return partial;
        }
        catch
        {
            partial.Dispose();
            throw;
        }
    }

    /// <summary>Forgets the bytes.</summary>
    public void Discard()
    {
        Origin = null;
        File.Delete(_originPath);
        _file.SetLength(0);
        _ = (_sha256.GetHashAndReset(), _md5.GetHashAndReset());
    }

    /// <summary>Forgets the bytes and notes what the coming ones belong to.</summary>
    public void Begin(PartialOrigin origin)
    {
        Discard();
        File.WriteAllText(_originPath, JsonSerializer.Serialize(origin));
        Origin = origin;
    }

    /// <summary>Appends bytes.</summary>
    public async Task AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _file.Position = _file.Length;
        await _file.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        _sha256.AppendData(bytes.Span);
        _md5.AppendData(bytes.Span);
    }

    /// <summary>The first bytes.</summary>
    public byte[] Start(int count)
    {
        var start = new byte[count];
        return start[..RandomAccess.Read(_file.SafeFileHandle, start, 0)];
    }

    /// <summary>Hashes of all bytes, in lower-case hex.</summary>
    public (string Sha256, string Md5) Hashes() =>
        (Convert.ToHexStringLower(_sha256.GetCurrentHash()), Convert.ToHexStringLower(_md5.GetCurrentHash()));

    /// <summary>Gives the whole file its name, once it is safely on the disk.</summary>
    public void Publish(string path)
    {
        _file.Flush(flushToDisk: true);
        File.Move(Path, path, overwrite: true);
        File.Delete(_originPath);
    }

    /// <summary>Removes the file.</summary>
    public void Delete()
    {
        Discard();
        File.Delete(Path);
    }

    public void Dispose()
    {
        _file.Dispose();
        _sha256.Dispose();
        _md5.Dispose();
    }

    private PartialOrigin? ReadOrigin()
    {
        try
        {
            return JsonSerializer.Deserialize<PartialOrigin>(File.ReadAllText(_originPath));
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            // Not there, or cut off by the end of its process: then nobody knows what the bytes are.
            return null;
        }
    }

    private async Task HashAllAsync(CancellationToken cancellationToken)
    {
        var block = new byte[BlockBytes];
        _file.Position = 0;
        while (await _file.ReadAsync(block, cancellationToken).ConfigureAwait(false) is > 0 and var count)
        {
            _sha256.AppendData(block, 0, count);
            _md5.AppendData(block, 0, count);
        }
    }
}

/// <summary>What a partial file is the beginning of.</summary>
/// <param name="Url">Address it is fetched from, without what may be a secret.</param>
/// <param name="Validator">Strong ETag (with quotes) or Last-Modified, for If-Range; null when the server gave neither.</param>
/// <param name="Total">Bytes of the whole file, or null when the server did not say.</param>
/// <param name="Sha256">SHA-256 of the whole file as the server names it, or null.</param>
internal sealed record PartialOrigin(string Url, string? Validator, long? Total, string? Sha256);
