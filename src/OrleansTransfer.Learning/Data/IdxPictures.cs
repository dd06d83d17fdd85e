using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;

namespace OrleansTransfer.Learning.Data;

/// <summary>
/// Grey pictures in an IDX file, the format of MNIST: magic number 0x00000803, then number, height and width as big-endian integers, then bytes; or the
/// same compressed by gzip. A picture in it goes by the file's path, <c>#</c> and its place from 0: <c>images-idx3-ubyte.gz#17</c>.
/// </summary>
internal sealed class IdxPictures
{
    private const int PicturesMagic = 0x00000803, LabelsMagic = 0x00000801;

    // Files that someone still reads from: several streams and threads share one copy.
    private static readonly ConcurrentDictionary<string, WeakReference<IdxPictures>> s_open = new(StringComparer.Ordinal);

    private readonly byte[] _bytes;
    private readonly int _start;

    private IdxPictures(byte[] bytes, int start, int count, int height, int width) =>
        (_bytes, _start, Count, Height, Width) = (bytes, start, count, height, width);

    /// <summary>Number of pictures.</summary>
    public int Count { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Whether a path has the name of a file of pictures in this format.</summary>
    public static bool IsName(string path) => Path.GetFileName(path) is var name
        && (name.EndsWith("-idx3-ubyte", StringComparison.Ordinal) || name.EndsWith("-idx3-ubyte.gz", StringComparison.Ordinal));

    /// <summary>The name of one picture.</summary>
    public static string NameOf(string file, int index) => string.Create(CultureInfo.InvariantCulture, $"{file}#{index}");

    /// <summary>File and place of a picture's name; null when it is no such name.</summary>
    public static (string File, int Index)? Split(string path)
    {
        var hash = path.LastIndexOf('#');
        return hash > 0 && IsName(path[..hash]) && int.TryParse(path.AsSpan(hash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? (path[..hash], index)
            : null;
    }

    /// <summary>The pictures of a file, which is read once however often it is opened.</summary>
    /// <exception cref="InvalidDataException">It is not in this format, or not whole.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IdxPictures Open(string file)
    {
        var key = Path.GetFullPath(file);
        if (s_open.TryGetValue(key, out var reference) && reference.TryGetTarget(out var open)) return open;
        var bytes = ReadAll(key);
        var dimensions = Header(bytes, PicturesMagic, 3);
        var (count, height, width) = (dimensions[0], dimensions[1], dimensions[2]);
        const int start = 16;
        if (height < 1 || width < 1 || (long)count * height * width != bytes.Length - start)
            throw new InvalidDataException($"its head says {count} pictures of {width}x{height} pixels, and {bytes.Length - start} bytes follow");
        open = new(bytes, start, count, height, width);
        s_open[key] = new(open);
        return open;
    }

    /// <summary>The labels of a file of labels in this format.</summary>
    /// <inheritdoc cref="Open"/>
    public static byte[] ReadLabels(string file)
    {
        var bytes = ReadAll(file);
        var count = Header(bytes, LabelsMagic, 1)[0];
        return count == bytes.Length - 8 ? bytes[8..] : throw new InvalidDataException($"its head says {count} labels, and {bytes.Length - 8} bytes follow");
    }

    /// <summary>The grey values of one picture, row after row.</summary>
    public ReadOnlySpan<byte> this[int index] => _bytes.AsSpan(_start + index * Height * Width, Height * Width);

    private static byte[] ReadAll(string file)
    {
        using var stream = File.OpenRead(file);
        using var content = new MemoryStream();
        if (file.EndsWith(".gz", StringComparison.Ordinal))
        {
            using var unzipped = new GZipStream(stream, CompressionMode.Decompress);
            unzipped.CopyTo(content);
        }
        else stream.CopyTo(content);
        return content.ToArray();
    }

    private static int[] Header(byte[] bytes, int magic, int dimensions)
    {
        if (bytes.Length < 4 * (1 + dimensions) || BinaryPrimitives.ReadInt32BigEndian(bytes) != magic)
            throw new InvalidDataException($"it does not begin with 0x{magic:x8}, as an IDX file of {(dimensions == 3 ? "pictures" : "labels")} does");
        return [.. Enumerable.Range(1, dimensions).Select(i => BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4 * i)))];
    }
}
