using System.Runtime.InteropServices;
using SkiaSharp;

namespace OrleansTransfer.Learning.Data;

/// <summary>
/// Reads picture files (JPEG, PNG, GIF, BMP, WebP and what else Skia knows) to 8-bit RGB. Grey, palette, 16-bit and CMYK pictures are converted; an
/// alpha channel is dropped, not blended, as Pillow's <c>convert("RGB")</c> does; of several frames the first counts; the EXIF orientation is
/// applied; colour profiles are ignored. Reuses its buffers: one thread at a time.
/// </summary>
public sealed class ImageDecoder
{
    /// <summary>
    /// Pictures with more pixels are refused, so that one hostile file cannot take all memory: Pillow's limit, twice 0x40000000 / 12.
    /// </summary>
    public const long MostPixels = 178_956_970;

    private readonly PixelBuffer _turned = new(), _straight = new();
    private byte[] _file = [];
    private (string Path, IdxPictures? Pictures) _idx = ("", null);
    private int _length;

    /// <summary>Decodes the file at <paramref name="path"/>. The result is valid until the next call.</summary>
    /// <param name="path">Where the file is.</param>
    /// <param name="name">How error messages call it.</param>
    /// <exception cref="LearningException">The file cannot be read or is not a complete picture; the message names it and says why.</exception>
    public PixelBuffer Decode(string path, string name) =>
        TryDecode(path, out var picture, out _) is { } reason
            ? throw new LearningException($"The picture '{name}' cannot be used: {reason}.")
            : picture;

    /// <summary>Decodes the file at <paramref name="path"/>; returns null, or the reason why it cannot be used.</summary>
    /// <param name="picture">The decoded picture, valid until the next call.</param>
    /// <param name="format">Name of the file format, for instance <c>JPEG</c>; empty when it is not known.</param>
    public string? TryDecode(string path, out PixelBuffer picture, out string format)
    {
        picture = _straight;
        format = "";
        _length = 0;
        try
        {
            if (IdxPictures.Split(path) is var (idx, index)) return DecodeIdx(idx, index, out format);
            _length = ReadFile(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return $"it cannot be read ({Lowered(exception)})";
        }
        return _length == 0 ? "it is empty (0 bytes)" : Decode(ref picture, out format);
    }

    /// <summary>The bytes of the file last decoded; empty when it could not be read.</summary>
    internal ReadOnlySpan<byte> FileBytes => _file.AsSpan(0, _length);

    private static string Lowered(Exception exception) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException => "no such file",
        UnauthorizedAccessException => "permission denied",
        _ => exception.Message.TrimEnd('.'),
    };

    private string? DecodeIdx(string file, int index, out string format)
    {
        format = "IDX";
        // The decoder keeps the file alive for as long as it reads from it.
        if (_idx.Path != file || _idx.Pictures is null) _idx = (file, IdxPictures.Open(file));
        var pictures = _idx.Pictures!;
        if (index >= pictures.Count) return $"the file has {pictures.Count} pictures";
        var grey = pictures[index];
        _straight.Reset(pictures.Width, pictures.Height);
        var pixels = MemoryMarshal.Cast<byte, uint>(_straight.Pixels);
        for (var i = 0; i < grey.Length; i++) pixels[i] = 0xFF000000 | (grey[i] * 0x010101u);
        if (_file.Length < grey.Length) _file = GC.AllocateUninitializedArray<byte>(grey.Length);
        grey.CopyTo(_file);
        _length = grey.Length;
        return null;
    }

    private int ReadFile(string path)
    {
        using var handle = File.OpenHandle(path);
        var length = RandomAccess.GetLength(handle);
        if (length > int.MaxValue / 2) throw new IOException($"{length} bytes are more than a picture can have");
        if (_file.Length < length) _file = GC.AllocateUninitializedArray<byte>((int)length);
        var read = 0;
        while (read < length)
        {
            var count = RandomAccess.Read(handle, _file.AsSpan(read, (int)length - read), read);
            if (count == 0) break;
            read += count;
        }
        return read;
    }

    private unsafe string? Decode(ref PixelBuffer picture, out string format)
    {
        fixed (byte* bytes = _file)
        {
            using var data = SKData.Create((IntPtr)bytes, _length);
            using var codec = SKCodec.Create(data);
            if (codec is null)
            {
                format = "";
                return "it is not an image in a known format";
            }
            format = codec.EncodedFormat.ToString().ToUpperInvariant();
            var (width, height) = (codec.Info.Width, codec.Info.Height);
            if ((long)width * height > MostPixels) return $"its {width} x {height} pixels are more than the {MostPixels} that a picture may have";

            // Unpremultiplied, so that dropping alpha leaves the stored colours; without a colour space, so that none is converted.
            var info = new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
            var origin = codec.EncodedOrigin;
            var target = origin == SKEncodedOrigin.TopLeft ? _straight : _turned;
            target.Reset(width, height);
            fixed (byte* pixels = target.Pixels)
            {
                var result = codec.GetPixels(info, (IntPtr)pixels, target.Stride, SKCodecOptions.Default);
                if (result != SKCodecResult.Success) return Explain(result, format, data, info, (IntPtr)pixels);
            }
            if (origin != SKEncodedOrigin.TopLeft) Turn(_turned, _straight, origin);
            picture = _straight;
            return null;
        }
    }

    private static string Explain(SKCodecResult result, string format, SKData data, SKImageInfo info, IntPtr pixels)
    {
        if (result is not (SKCodecResult.IncompleteInput or SKCodecResult.ErrorInInput)) return $"its {format} data cannot be decoded ({result})";
        var what = result == SKCodecResult.IncompleteInput ? "truncated" : "damaged";
        // A codec decodes once; a new one tells how far it gets.
        using var again = SKCodec.Create(data);
        var rows = 0;
        if (again?.StartScanlineDecode(info) == SKCodecResult.Success) rows = again.GetScanlines(pixels, info.Height, info.RowBytes);
        else if (again?.StartIncrementalDecode(info, pixels, info.RowBytes) == SKCodecResult.Success) again.IncrementalDecode(out rows);
        return rows > 0 && rows < info.Height ? $"{what} {format}: {info.Height - rows} of {info.Height} rows missing" : $"{what} {format}";
    }

    // EXIF orientation (tag 0x0112): where the first row and the first column of the stored picture belong.
    private static void Turn(PixelBuffer stored, PixelBuffer upright, SKEncodedOrigin origin)
    {
        var swaps = origin is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        var (width, height) = swaps ? (stored.Height, stored.Width) : (stored.Width, stored.Height);
        upright.Reset(width, height);
        var from = MemoryMarshal.Cast<byte, uint>(stored.Pixels);
        var to = MemoryMarshal.Cast<byte, uint>(upright.Pixels);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var (column, row) = origin switch
                {
                    SKEncodedOrigin.TopRight => (width - 1 - x, y),
                    SKEncodedOrigin.BottomRight => (width - 1 - x, height - 1 - y),
                    SKEncodedOrigin.BottomLeft => (x, height - 1 - y),
                    SKEncodedOrigin.LeftTop => (y, x),
                    SKEncodedOrigin.RightTop => (y, width - 1 - x),
                    SKEncodedOrigin.RightBottom => (height - 1 - y, width - 1 - x),
                    SKEncodedOrigin.LeftBottom => (height - 1 - y, x),
                    _ => (x, y),
                };
                to[(y * width) + x] = from[(row * stored.Width) + column];
            }
        }
    }
}
