using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OrleansTransfer.Learning.Data;

/// <summary>
/// Pillow's <c>Image.resize</c> for 8-bit pictures, to the bit: weights trained on pictures that Pillow resized lose accuracy on pictures resized in
/// another way. A horizontal pass, then a vertical one, each in fixed point with 22 fraction bits and rounded to 8 bits (Pillow,
/// <c>src/libImaging/Resample.c</c>). Only the wanted window of the result is computed. Reuses its buffers: one thread at a time.
/// </summary>
public sealed class PillowResize
{
    private const int FractionBits = 22;
    private const int Rounding = 1 << (FractionBits - 1);

    private readonly Taps _columns = new(), _rows = new();
    private byte[] _narrowed = [];

    /// <summary>
    /// Resizes the part <paramref name="source"/> of <paramref name="picture"/> (which then counts as the whole picture: pixels beyond its edge have
    /// no influence) to <paramref name="width"/> x <paramref name="height"/> pixels, and writes the window of <paramref name="windowWidth"/> x
    /// <paramref name="windowHeight"/> pixels of it that begins at (<paramref name="left"/>, <paramref name="top"/>) to
    /// <paramref name="destination"/>, 4 bytes a pixel, rows without gaps.
    /// </summary>
    public void Run(
        PixelBuffer picture, PixelRectangle source, int width, int height, int left, int top, int windowWidth, int windowHeight,
        Interpolation interpolation, Span<byte> destination)
    {
        if (left < 0 || top < 0 || windowWidth < 1 || windowHeight < 1 || left + windowWidth > width || top + windowHeight > height)
            throw new ArgumentException(
                $"The window {windowWidth} x {windowHeight} at ({left}, {top}) does not lie within {width} x {height} pixels.");
        if (source.Left < 0 || source.Top < 0 || source.Left + source.Width > picture.Width || source.Top + source.Height > picture.Height)
            throw new ArgumentException($"The part {source} does not lie within the picture's {picture.Width} x {picture.Height} pixels.");
        if (destination.Length < windowWidth * windowHeight * PixelBuffer.PixelBytes)
            throw new ArgumentException("The destination is too short for the window.", nameof(destination));

        _columns.Prepare(source.Width, width, left, windowWidth, interpolation, expand: true);
        _rows.Prepare(source.Height, height, top, windowHeight, interpolation, expand: false);
        var (firstRow, rowCount) = _rows.SourceRange;

        // A vector past the last row's end may be read in the vertical pass and written in the horizontal one.
        var stride = windowWidth * PixelBuffer.PixelBytes;
        var needed = (rowCount * stride) + Vector128<byte>.Count;
        if (_narrowed.Length < needed) _narrowed = GC.AllocateUninitializedArray<byte>(needed);
        Narrow(picture, source, firstRow, rowCount, stride);
        Shorten(firstRow, stride, windowHeight, destination);
    }

    // The horizontal pass over the source rows that the window needs.
    private unsafe void Narrow(PixelBuffer picture, PixelRectangle source, int firstRow, int rowCount, int stride)
    {
        fixed (byte* pixels = picture.PaddedPixels, narrowed = _narrowed)
        fixed (int* weights = _columns.Weights, starts = _columns.Starts, counts = _columns.Counts)
        {
            for (var y = 0; y < rowCount; y++)
            {
                var row = pixels + ((long)(source.Top + firstRow + y) * picture.Stride) + (source.Left * PixelBuffer.PixelBytes);
                var output = (uint*)(narrowed + (y * stride));
                if (_columns.IsIdentity)
                {
                    Unsafe.CopyBlockUnaligned(output, row + (starts[0] * PixelBuffer.PixelBytes), (uint)stride);
                    continue;
                }
                for (var x = 0; x < _columns.Count; x++)
                {
                    var pixel = row + (starts[x] * PixelBuffer.PixelBytes);
                    var weight = weights + (x * _columns.Groups * 16);
                    var sum = Vector512<int>.Zero;
                    for (var tap = 0; tap < counts[x]; tap += 4, weight += 16, pixel += 16)
                        sum += Widen(Vector128.Load(pixel)) * Vector512.Load(weight);
                    var half = sum.GetLower() + sum.GetUpper();
                    var total = (half.GetLower() + half.GetUpper() + Vector128.Create(Rounding)) >> FractionBits;
                    var words = Vector128.NarrowWithSaturation(total, total);
                    words = Vector128.Max(words, Vector128<short>.Zero);
                    output[x] = Vector128.NarrowWithSaturation(words.AsUInt16(), Vector128<ushort>.Zero).AsUInt32().ToScalar();
                }
            }
        }
    }

    // The vertical pass, four pixels at a time.
    private unsafe void Shorten(int firstRow, int stride, int windowHeight, Span<byte> destination)
    {
        fixed (byte* narrowed = _narrowed, output = destination)
        fixed (int* weights = _rows.Weights, starts = _rows.Starts, counts = _rows.Counts)
        {
            var last = output + (windowHeight * stride);
            for (var y = 0; y < windowHeight; y++)
            {
                var input = narrowed + ((starts[y] - firstRow) * stride);
                var row = output + (y * stride);
                if (_rows.IsIdentity)
                {
                    Unsafe.CopyBlockUnaligned(row, input, (uint)stride);
                    continue;
                }
                var weight = weights + (y * _rows.Groups * 4);
                for (var x = 0; x < stride; x += 16)
                {
                    var sum = Vector512.Create(Rounding);
                    for (var tap = 0; tap < counts[y]; tap++)
                        sum += Widen(Vector128.Load(input + (tap * stride) + x)) * Vector512.Create(weight[tap]);
                    var bytes = Saturate(sum >> FractionBits);
                    // Spilling over the row's end is harmless, the next row comes later; over the window's end it is not.
                    if (row + x + 16 <= last) bytes.Store(row + x);
                    else for (var i = 0; row + x + i < last; i++) row[x + i] = bytes.GetElement(i);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Widen(Vector128<byte> bytes)
    {
        if (Avx512F.IsSupported) return Avx512F.ConvertToVector512Int32(bytes);
        var (low, high) = Vector128.Widen(bytes);
        var (first, second) = Vector128.Widen(low);
        var (third, fourth) = Vector128.Widen(high);
        return Vector512.Create(Vector256.Create(first, second), Vector256.Create(third, fourth)).AsInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Saturate(Vector512<int> values)
    {
        values = Vector512.Max(values, Vector512<int>.Zero);
        if (Avx512F.IsSupported) return Avx512F.ConvertToVector128ByteWithSaturation(values.AsUInt32());
        var clamped = Vector512.Min(values, Vector512.Create(255)).AsUInt32();
        var words = Vector256.Narrow(clamped.GetLower(), clamped.GetUpper());
        return Vector128.Narrow(words.GetLower(), words.GetUpper());
    }

    /// <summary>
    /// The weights of one pass: for each output pixel of the window, where its source pixels begin, how many there are and what each counts.
    /// </summary>
    private sealed class Taps
    {
        private (int From, int To, int First, int Count, Interpolation Interpolation)? _prepared;
        private double[] _exact = [];

        public int[] Starts { get; private set; } = [];

        public int[] Counts { get; private set; } = [];

        /// <summary>
        /// Groups of four taps per output pixel, the last filled up with zeros. Expanded weights stand four times each, once per channel.
        /// </summary>
        public int[] Weights { get; private set; } = [];

        public int Groups { get; private set; }

        public int Count { get; private set; }

        public bool IsIdentity { get; private set; }

        public (int First, int Count) SourceRange
        {
            get
            {
                // Starts and ends both rise with the output position.
                var end = Starts[Count - 1] + Counts[Count - 1];
                return (Starts[0], end - Starts[0]);
            }
        }

        public void Prepare(int from, int to, int first, int count, Interpolation interpolation, bool expand)
        {
            if (_prepared == (from, to, first, count, interpolation)) return;
            _prepared = (from, to, first, count, interpolation);
            var scale = (double)from / to;
            var filterScale = Math.Max(scale, 1);
            var support = (interpolation == Interpolation.Bilinear ? 1 : 2) * filterScale;
            var most = ((int)Math.Ceiling(support) * 2) + 1;
            var copies = expand ? PixelBuffer.PixelBytes : 1;
            Count = count;
            IsIdentity = from == to;
            Groups = (most + 3) / 4;
            if (Starts.Length < count) (Starts, Counts) = (new int[count], new int[count]);
            if (_exact.Length < most) _exact = new double[most];
            var size = count * Groups * 4 * copies;
            if (Weights.Length < size) Weights = new int[size];
            Array.Clear(Weights, 0, size);
            for (var i = 0; i < count; i++)
            {
                var centre = (first + i + 0.5) * scale;
                var start = Math.Max((int)(centre - support + 0.5), 0);
                var taps = Math.Min((int)(centre + support + 0.5), from) - start;
                var sum = 0.0;
                for (var tap = 0; tap < taps; tap++) sum += _exact[tap] = Filter((tap + start - centre + 0.5) * (1 / filterScale), interpolation);
                for (var tap = 0; tap < taps; tap++)
                {
                    var exact = _exact[tap] / sum;
                    var weight = (int)((exact * (1 << FractionBits)) + (exact < 0 ? -0.5 : 0.5));
                    Weights.AsSpan(((i * Groups * 4) + tap) * copies, copies).Fill(weight);
                }
                // Pillow leaves a pass out that would change nothing: each pixel is then its own source.
                (Starts[i], Counts[i]) = IsIdentity ? (first + i, 1) : (start, taps);
            }
        }

        private static double Filter(double x, Interpolation interpolation)
        {
            x = Math.Abs(x);
            if (interpolation == Interpolation.Bilinear) return Math.Max(1 - x, 0);
            // Keys' cubic convolution with a = -0.5, as in Pillow.
            const double a = -0.5;
            if (x < 1) return ((((a + 2) * x) - (a + 3)) * x * x) + 1;
            return x < 2 ? (((((x - 5) * x) + 8) * x) - 4) * a : 0;
        }
    }
}

/// <summary>A part of a picture, in pixels.</summary>
public readonly record struct PixelRectangle(int Left, int Top, int Width, int Height);
