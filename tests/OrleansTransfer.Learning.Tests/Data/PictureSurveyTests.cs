using OrleansTransfer.Learning.Data;
using SkiaSharp;

namespace OrleansTransfer.Learning.Tests.Data;

public sealed class PictureSurveyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    public void Grey_pictures_are_known_by_their_pixels(SKEncodedImageFormat format)
    {
        var (grey, coloured) = (Write("grey", 5, Grey(20, 30, format)), Write("coloured", 5, TemporaryFolder.Picture(20, 30, 1, format)));
        Assert.Equal(new(5, 5, 20), grey);
        Assert.Equal(new(5, 0, 20), coloured);
        foreach (var remarks in new[] { PictureSurvey.Compare(grey, coloured), PictureSurvey.Compare(coloured, grey) })
            Assert.Contains("colour alone tells the domains apart", Assert.Single(remarks));
        Assert.StartsWith("The pictures of the target are grey and those of the source coloured", PictureSurvey.Compare(coloured, grey)[0]);
    }

    [Fact]
    public void Pictures_of_an_idx_file_are_grey()
    {
        byte[] header = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 6];
        var file = _folder.Write("some-images-idx3-ubyte", [.. header, .. Enumerable.Range(0, 48).Select(i => (byte)(5 * i))]);
        Assert.Equal(new(2, 2, 4), PictureSurvey.Of(ImageFolder.ScanUnlabelled(file, TestContext.Current.CancellationToken)));
    }

    [Fact]
    public void Domains_that_are_alike_or_mixed_need_no_remark()
    {
        Assert.Empty(PictureSurvey.Compare(new(32, 32, 64), new(32, 30, 200)));
        Assert.Empty(PictureSurvey.Compare(new(32, 20, 64), new(32, 0, 64)));
        Assert.Empty(PictureSurvey.Compare(new(0, 0, 0), new(32, 0, 64)));
    }

    [Fact]
    public void Sizes_that_differ_by_more_than_four_times_are_remarked_on()
    {
        var (small, large) = (Write("small", 3, TemporaryFolder.Picture(16, 20, 1)), Write("large", 3, TemporaryFolder.Picture(90, 65, 1)));
        Assert.Contains("65 and 16 pixels", Assert.Single(PictureSurvey.Compare(large, small)));
        Assert.Empty(PictureSurvey.Compare(small, Write("larger", 3, TemporaryFolder.Picture(64, 70, 1))));
    }

    [Fact]
    public void Large_data_sets_are_looked_at_from_end_to_end()
    {
        var (grey, coloured) = (Grey(8, 8, SKEncodedImageFormat.Png), TemporaryFolder.Picture(8, 8, 1));
        for (var i = 0; i < 100; i++) _folder.Write($"many/{i:D3}.png", i < 50 ? grey : coloured);
        Assert.Equal(new(32, 16, 8), Survey("many"));
    }

    private PictureSurvey Write(string folder, int count, byte[] picture)
    {
        for (var i = 0; i < count; i++) _folder.Write($"{folder}/{i}", picture);
        return Survey(folder);
    }

    private PictureSurvey Survey(string folder) =>
        PictureSurvey.Of(ImageFolder.ScanUnlabelled(_folder[folder], TestContext.Current.CancellationToken));

    private static byte[] Grey(int width, int height, SKEncodedImageFormat format)
    {
        var random = new Random(1);
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var value = (byte)random.Next(256);
                bitmap.SetPixel(x, y, new(value, value, value));
            }
        }
        using var data = bitmap.Encode(format, 90);
        return data.ToArray();
    }
}
