namespace OrleansTransfer.Learning.Data;

/// <summary>
/// A decoded picture, 8 bits each of red, green, blue and an ignored fourth, row after row without gaps. Reused from picture to picture by one
/// thread.
/// </summary>
public sealed class PixelBuffer
{
    /// <summary>Bytes of a pixel.</summary>
    public const int PixelBytes = 4;

    // The resizer reads four pixels at a time and gives those behind the last one no weight, but they must be there.
    private const int Padding = 16;

    private byte[] _bytes = [];

    /// <summary>Width in pixels.</summary>
    public int Width { get; private set; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; private set; }

    /// <summary>Bytes of a row.</summary>
    public int Stride => Width * PixelBytes;

    /// <summary>The pixels: <see cref="Height"/> rows of <see cref="Stride"/> bytes.</summary>
    public Span<byte> Pixels => _bytes.AsSpan(0, Height * Stride);

    /// <summary>The pixels and what may be read, but means nothing, behind them.</summary>
    internal ReadOnlySpan<byte> PaddedPixels => _bytes;

    /// <summary>Gives the buffer a new size; its content is then undefined.</summary>
    public void Reset(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        var needed = checked((width * height * PixelBytes) + Padding);
        if (_bytes.Length < needed) _bytes = GC.AllocateUninitializedArray<byte>(needed);
        Width = width;
        Height = height;
    }
}
