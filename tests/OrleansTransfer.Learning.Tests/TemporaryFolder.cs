using SkiaSharp;

namespace OrleansTransfer.Learning.Tests;

/// <summary>A folder that goes when the test ends.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("otx-tests-").FullName;

    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    public string Write(string relative, ReadOnlySpan<byte> bytes)
    {
        var path = this[relative];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public string WritePicture(string relative, int width = 24, int height = 16, int seed = 1) => Write(relative, Picture(width, height, seed));

    /// <summary>Noise in the format that never loses a pixel, or another.</summary>
    public static byte[] Picture(int width, int height, int seed, SKEncodedImageFormat format = SKEncodedImageFormat.Png)
    {
        var random = new Random(seed);
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++) bitmap.SetPixel(x, y, new((byte)random.Next(256), (byte)(x * 255 / width), (byte)(y * 255 / height)));
        using var data = bitmap.Encode(format, 90);
        return data.ToArray();
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
