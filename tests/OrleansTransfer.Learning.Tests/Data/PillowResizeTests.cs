using OrleansTransfer.Learning.Data;

namespace OrleansTransfer.Learning.Tests.Data;

public sealed class PillowResizeTests
{
    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory, "Data", "Golden");

    public static TheoryData<int, int, Interpolation> GoldenSizes()
    {
        var cases = new TheoryData<int, int, Interpolation>();
        foreach (var (width, height) in new[] { (7, 5), (31, 29), (23, 40), (12, 17) })
            foreach (var interpolation in Enum.GetValues<Interpolation>()) cases.Add(width, height, interpolation);
        return cases;
    }

    [Theory]
    [MemberData(nameof(GoldenSizes))]
    public void Equals_what_Pillow_made_of_the_checked_in_pattern(int width, int height, Interpolation interpolation)
    {
        var picture = new ImageDecoder().Decode(Path.Combine(Golden, "pattern.png"), "pattern.png");
        var expected = File.ReadAllBytes(Path.Combine(Golden, $"pattern_{width}x{height}_{interpolation.ToString().ToLowerInvariant()}.rgb"));
        Assert.Equal(expected, Whole(picture, new(0, 0, picture.Width, picture.Height), width, height, interpolation));
    }

    [Theory]
    [InlineData(500, 375, 341, 256)]
    [InlineData(256, 256, 64, 64)]
    [InlineData(61, 47, 224, 173)]
    [InlineData(1999, 33, 61, 8)]
    [InlineData(3, 2, 50, 41)]
    [InlineData(1, 1, 5, 7)]
    [InlineData(640, 480, 640, 100)]
    public void Equals_the_installed_Pillow_for_whole_pictures_and_parts(int fromWidth, int fromHeight, int width, int height)
    {
        using var folder = new TemporaryFolder();
        var path = folder.WritePicture("in.png", fromWidth, fromHeight);
        var part = new PixelRectangle(fromWidth / 5, fromHeight / 4, fromWidth - (fromWidth / 3), fromHeight - (fromHeight / 3));
        const string script = """
            import sys
            from PIL import Image
            path, width, height, left, top, right, bottom = sys.argv[1], *map(int, sys.argv[2:])
            picture = Image.open(path).convert('RGB')
            for name, filter in (('Bilinear', Image.BILINEAR), ('Bicubic', Image.BICUBIC)):
                open(path + '.whole.' + name, 'wb').write(picture.resize((width, height), filter).tobytes())
                open(path + '.part.' + name, 'wb').write(picture.crop((left, top, right, bottom)).resize((width, height), filter).tobytes())
            """;
        Pillow.Run(script, path, $"{width}", $"{height}", $"{part.Left}", $"{part.Top}", $"{part.Left + part.Width}", $"{part.Top + part.Height}");

        var picture = new ImageDecoder().Decode(path, "in.png");
        foreach (var interpolation in Enum.GetValues<Interpolation>())
        {
            Assert.Equal(
                File.ReadAllBytes($"{path}.whole.{interpolation}"),
                Whole(picture, new(0, 0, fromWidth, fromHeight), width, height, interpolation));
            Assert.Equal(File.ReadAllBytes($"{path}.part.{interpolation}"), Whole(picture, part, width, height, interpolation));
        }
    }

    [Fact]
    public void A_window_is_cut_from_the_whole_result()
    {
        using var folder = new TemporaryFolder();
        var picture = new ImageDecoder().Decode(folder.WritePicture("in.png", 97, 61), "in.png");
        var resize = new PillowResize();
        var source = new PixelRectangle(0, 0, 97, 61);
        var whole = new byte[41 * 37 * 4];
        var window = new byte[11 * 13 * 4];
        resize.Run(picture, source, 41, 37, 0, 0, 41, 37, Interpolation.Bicubic, whole);
        resize.Run(picture, source, 41, 37, 23, 19, 11, 13, Interpolation.Bicubic, window);
        for (var y = 0; y < 13; y++) Assert.Equal(whole.AsSpan((((19 + y) * 41) + 23) * 4, 11 * 4), window.AsSpan(y * 11 * 4, 11 * 4));
    }

    private static byte[] Whole(PixelBuffer picture, PixelRectangle source, int width, int height, Interpolation interpolation)
    {
        var pixels = new byte[width * height * 4];
        new PillowResize().Run(picture, source, width, height, 0, 0, width, height, interpolation, pixels);
        return [.. pixels.Where((_, i) => i % 4 != 3)];
    }
}
