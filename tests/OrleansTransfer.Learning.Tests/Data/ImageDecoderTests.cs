using OrleansTransfer.Learning.Data;
using SkiaSharp;

namespace OrleansTransfer.Learning.Tests.Data;

public sealed class ImageDecoderTests
{
    [Theory]
    [InlineData("rgb.png", "picture")]
    [InlineData("grey.png", "picture.convert('L')")]
    [InlineData("grey-alpha.png", "picture.convert('LA')")]
    [InlineData("palette.png", "picture.convert('P')")]
    [InlineData("palette.gif", "picture.convert('P')")]
    [InlineData("bits.png", "picture.convert('1')")]
    [InlineData("alpha.png", "alpha")]
    [InlineData("colour.bmp", "picture")]
    [InlineData("lossless.webp", "picture")]
    public void Equals_Pillow_bit_for_bit_in_lossless_formats(string file, string make) => Compare(file, make, tolerance: 0);

    [Theory]
    [InlineData("rgb.jpg", "picture", 0)]
    [InlineData("grey.jpg", "picture.convert('L')", 0)]
    [InlineData("cmyk.jpg", "picture.convert('CMYK')", 3)]
    public void Is_close_to_Pillow_in_JPEG(string file, string make, int tolerance) => Compare(file, make, tolerance);

    [Fact]
    public void Sixteen_bits_are_read_as_eight()
    {
        using var folder = new TemporaryFolder();
        Pillow.Run(
            """
            import sys
            from PIL import Image
            picture = Image.new('I;16', (2, 1))
            picture.putpixel((0, 0), 0x1234)
            picture.putpixel((1, 0), 0xFEDC)
            picture.save(sys.argv[1])
            """, folder["a.png"]);
        var picture = new ImageDecoder().Decode(folder["a.png"], "a.png");
        Assert.Equal([0x12, 0xFE], [picture.Pixels[0], picture.Pixels[4]]);
    }

    [Fact]
    public void The_EXIF_orientation_is_applied()
    {
        using var folder = new TemporaryFolder();
        const string script = """
            import sys
            from PIL import Image, ImageOps
            for orientation in range(1, 9):
                picture = Image.new('RGB', (16, 32), (0, 0, 0))
                picture.paste((250, 20, 20), (0, 0, 8, 16))
                picture.paste((20, 250, 20), (8, 0, 16, 16))
                exif = Image.Exif()
                exif[0x0112] = orientation
                name = sys.argv[1] + '/%d.jpg' % orientation
                picture.save(name, exif=exif, quality=100, subsampling=0)
                upright = ImageOps.exif_transpose(Image.open(name))
                open(name + '.rgb', 'wb').write(upright.tobytes())
                open(name + '.size', 'w').write('%d %d' % upright.size)
            """;
        Pillow.Run(script, folder.Path);
        for (var orientation = 1; orientation <= 8; orientation++)
        {
            var picture = new ImageDecoder().Decode(folder[$"{orientation}.jpg"], "a");
            Assert.Equal(File.ReadAllText(folder[$"{orientation}.jpg.size"]), $"{picture.Width} {picture.Height}");
            Assert.Equal(File.ReadAllBytes(folder[$"{orientation}.jpg.rgb"]), Colours(picture));
        }
    }

    [Fact]
    public void Of_several_frames_the_first_counts()
    {
        using var folder = new TemporaryFolder();
        Pillow.Run(
            """
            import sys
            from PIL import Image
            frames = [Image.new('RGB', (8, 8), colour) for colour in ((255, 0, 0), (0, 255, 0))]
            frames[0].save(sys.argv[1], save_all=True, append_images=frames[1:])
            """, folder["a.gif"]);
        Assert.Equal([255, 0, 0], new ImageDecoder().Decode(folder["a.gif"], "a.gif").Pixels[..3].ToArray());
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Jpeg, "truncated JPEG: ")]
    [InlineData(SKEncodedImageFormat.Png, "truncated PNG")]
    [InlineData(SKEncodedImageFormat.Webp, "WEBP")]
    public void Truncated_data_is_an_error_that_names_the_file(SKEncodedImageFormat format, string reason)
    {
        using var folder = new TemporaryFolder();
        var bytes = TemporaryFolder.Picture(256, 256, 1, format);
        foreach (var kept in new[] { 0.3, 0.6, 0.95 })
        {
            var path = folder.Write("a/cut", bytes.AsSpan(0, (int)(bytes.Length * kept)));
            var error = Assert.Throws<LearningException>(() => new ImageDecoder().Decode(path, "a/cut"));
            Assert.Contains("'a/cut'", error.Message);
            Assert.Contains(reason, error.Message);
        }
    }

    [Theory]
    [InlineData("", "empty (0 bytes)")]
    [InlineData("these are words", "not an image")]
    public void What_is_no_picture_is_refused_in_words(string content, string reason)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("a", System.Text.Encoding.UTF8.GetBytes(content));
        Assert.Contains(reason, Assert.Throws<LearningException>(() => new ImageDecoder().Decode(path, "a")).Message);
    }

    [Fact]
    public void A_missing_file_is_refused_in_words() =>
        Assert.Contains("no such file", Assert.Throws<LearningException>(() => new ImageDecoder().Decode("/nowhere/a.jpg", "a.jpg")).Message);

    [Fact]
    public void Real_photographs_decode_as_Pillow_decodes_them()
    {
        var folder = Path.Combine(SharedFolder.Path("data", "leaves"), "test", "healthy");
        using var output = new TemporaryFolder();
        const string script = """
            import os, sys
            from PIL import Image
            for name in sorted(os.listdir(sys.argv[1]))[:10]:
                open(sys.argv[2] + '/' + name, 'wb').write(Image.open(sys.argv[1] + '/' + name).convert('RGB').tobytes())
            """;
        Pillow.Run(script, folder, output.Path);
        var decoder = new ImageDecoder();
        foreach (var expected in Directory.EnumerateFiles(output.Path))
        {
            var name = Path.GetFileName(expected);
            Assert.InRange(LargestDifference(File.ReadAllBytes(expected), Colours(decoder.Decode(Path.Combine(folder, name), name))), 0, 1);
        }
    }

    private static void Compare(string file, string make, int tolerance)
    {
        using var folder = new TemporaryFolder();
        folder.WritePicture("in.png", 37, 29);
        var script = $"""
            import sys
            from PIL import Image
            picture = Image.open(sys.argv[1] + '/in.png').convert('RGB')
            alpha = picture.copy()
            alpha.putalpha(picture.convert('L'))
            path = sys.argv[1] + '/{file}'
            ({make}).save(path, lossless=True)
            open(path + '.rgb', 'wb').write(Image.open(path).convert('RGB').tobytes())
            """;
        Pillow.Run(script, folder.Path);
        var actual = Colours(new ImageDecoder().Decode(folder[file], file));
        Assert.InRange(LargestDifference(File.ReadAllBytes(folder[file + ".rgb"]), actual), 0, tolerance);
    }

    private static int LargestDifference(byte[] expected, byte[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        return expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max();
    }

    private static byte[] Colours(PixelBuffer picture) => [.. picture.Pixels.ToArray().Where((_, i) => i % 4 != 3)];
}
