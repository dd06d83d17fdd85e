using Microsoft.Win32.SafeHandles;

namespace OrleansTransfer.Learning.Weights;

/// <summary>
/// A weights file read at given positions, so that several threads can share it. Positional reads serve instead of a memory map, because a mapped
/// file that someone shortens kills the process.
/// </summary>
internal sealed class PositionalFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    /// <summary>Opens <paramref name="path"/> for reading.</summary>
    /// <exception cref="LearningException">It cannot be opened.</exception>
    public PositionalFile(string path)
    {
        Path = path;
        try
        {
            _handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            var reason = Directory.Exists(path) ? "it is a folder" : File.Exists(path) ? e.Message : "there is no such file";
            throw new LearningException($"The weights file '{path}' cannot be opened: {reason}.", e);
        }
        Length = RandomAccess.GetLength(_handle);
    }

    /// <summary>The path the file was opened by.</summary>
    public string Path { get; }

    /// <summary>Bytes in the file when it was opened.</summary>
    public long Length { get; }

    /// <summary>Fills <paramref name="destination"/> with the bytes from <paramref name="offset"/> on.</summary>
    /// <exception cref="WeightsFormatException">The file ends before; it was longer when it was opened.</exception>
    public void ReadExactly(Span<byte> destination, long offset)
    {
        while (!destination.IsEmpty)
        {
            var read = RandomAccess.Read(_handle, destination, offset);
            if (read == 0)
                throw new WeightsFormatException(Path, offset, $"the file ends {destination.Length} bytes early; it was shortened while in use");
            destination = destination[read..];
            offset += read;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}
