namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>Small grey pictures of marks in one of four corners, as IDX files, in two lights: a source and a target domain.</summary>
internal static class DrawnMarks
{
    /// <summary>Height and width of the pictures.</summary>
    public const int Size = 32;

    private const int Labels = 4, Mark = 11;

    /// <summary>Writes pictures and returns the path of their file.</summary>
    /// <param name="folder">Created if need be.</param>
    /// <param name="count">Number of pictures; labels take turns.</param>
    /// <param name="dim">Whether it is the target's light: brighter ground, weaker marks, more noise.</param>
    /// <param name="labelled">Whether a file of labels lies beside.</param>
    public static string Write(string folder, string name, int count, int seed, bool dim, bool labelled)
    {
        Directory.CreateDirectory(folder);
        var random = new Random(seed);
        var pixels = new byte[count * Size * Size];
        for (var i = 0; i < count; i++) Draw(pixels.AsSpan(i * Size * Size, Size * Size), i % Labels, dim, random);
        var path = Path.Combine(folder, $"{name}-images-idx3-ubyte");
        File.WriteAllBytes(path, [0, 0, 8, 3, .. BigEndian(count), .. BigEndian(Size), .. BigEndian(Size), .. pixels]);
        if (labelled)
            File.WriteAllBytes(
                Path.Combine(folder, $"{name}-labels-idx1-ubyte"),
                [0, 0, 8, 1, .. BigEndian(count), .. Enumerable.Range(0, count).Select(i => (byte)(i % Labels))]);
        return path;
    }

    private static void Draw(Span<byte> picture, int label, bool dim, Random random)
    {
        var (ground, ink, noise) = dim ? (70, 150, 60) : (10, 230, 20);
        var (top, left) = (random.Next(3) + (label / 2 * 16), random.Next(3) + (label % 2 * 16));
        for (var y = 0; y < Size; y++)
            for (var x = 0; x < Size; x++)
            {
                var inside = y >= top && y < top + Mark && x >= left && x < left + Mark;
                picture[(y * Size) + x] = (byte)Math.Clamp((inside ? ink : ground) + random.Next(-noise, noise + 1), 0, 255);
            }
    }

    private static byte[] BigEndian(int value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
}
