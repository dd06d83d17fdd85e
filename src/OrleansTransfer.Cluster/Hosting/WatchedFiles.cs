using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansTransfer.Cluster.Hosting;

/// <summary>Files that are read again when they change.</summary>
public interface IWatchedFiles
{
    /// <summary>Looks whether they have changed.</summary>
    void Refresh(ILogger logger);
}

/// <summary>
/// What files say that belong together, such as a certificate and its key. Their bytes are compared, not their times: a secret that Kubernetes
/// mounts changes by a symbolic link.
/// </summary>
/// <typeparam name="T">What they say; immutable.</typeparam>
public sealed partial class WatchedFiles<T> : IWatchedFiles where T : class
{
    private readonly IReadOnlyList<string> _paths;
    private readonly Func<IReadOnlyList<byte[]>, T> _read;
    private byte[] _digest;
    private string? _trouble;
    private volatile T _current;

    /// <summary>Reads the files.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="read">
    /// What their contents, in the same order, say; throws a <see cref="FormatException"/> where they say nothing sensible.
    /// </param>
    /// <exception cref="FormatException">They cannot be read; says which and why.</exception>
    public WatchedFiles(IReadOnlyList<string> paths, Func<IReadOnlyList<byte[]>, T> read)
    {
        (_paths, _read) = (paths, read);
        var contents = Load();
        (_digest, _current) = (Digest(contents), read(contents));
    }

    /// <summary>What they said when they could last be read.</summary>
    public T Current => _current;

    /// <summary>Is told when they say something else.</summary>
    public event Action<T>? Changed;

    /// <inheritdoc/>
    public void Refresh(ILogger logger)
    {
        T changed;
        try
        {
            var contents = Load();
            var digest = Digest(contents);
            if (digest.AsSpan().SequenceEqual(_digest))
            {
                _trouble = null;
                return;
            }
            changed = _read(contents);
            (_digest, _current, _trouble) = (digest, changed, null);
            LogReloaded(logger, string.Join(", ", _paths));
        }
        catch (FormatException e)
        {
            // A file and its key may be replaced one after the other: only what stays wrong, or says something new, is worth a line.
            if (_trouble != e.Message) LogKept(logger, e.Message);
            _trouble = e.Message;
            return;
        }
        Changed?.Invoke(changed);
    }

    private static byte[] Digest(IReadOnlyList<byte[]> contents)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (var content in contents)
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, content.Length);
            hash.AppendData(length);
            hash.AppendData(content);
        }
        return hash.GetHashAndReset();
    }

    private IReadOnlyList<byte[]> Load() => [.. _paths.Select(path =>
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new FormatException($"'{path}' cannot be read: {e.Message}", e);
        }
    })];

    [LoggerMessage(LogLevel.Information, "{Files} changed; what it says now is in force.")]
    private static partial void LogReloaded(ILogger logger, string files);

    [LoggerMessage(LogLevel.Error, "What was in force stays so: {Reason}")]
    private static partial void LogKept(ILogger logger, string reason);
}

/// <summary>Looks after all watched files of a node, every second.</summary>
public sealed class FileWatch(IEnumerable<IWatchedFiles> files, ILogger<FileWatch> logger, TimeProvider time) : BackgroundService
{
    /// <summary>How soon a change is seen.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            foreach (var watched in files) watched.Refresh(logger);
    }
}
