using OrleansTransfer.Learning.Data;
using SkiaSharp;

namespace OrleansTransfer.Learning.Tests.Data;

public class PreprocessingTests
{
    private static readonly Preprocessing s_caffe = Preprocessing.ImageNet with
    {
        Interpolation = Interpolation.Bicubic,
        Channels = ChannelOrder.Bgr,
        Scale = 1,
        Mean = [103.939f, 116.779f, 123.68f],
        Std = [1, 1, 1],
    };

    [Fact]
    public void Text_and_back_is_the_same()
    {
        Assert.Equal(Preprocessing.ImageNet, Preprocessing.Parse(Preprocessing.ImageNet.ToString(), s_caffe));
        Assert.Equal(s_caffe, Preprocessing.Parse(s_caffe.ToString(), Preprocessing.ImageNet));
    }

    [Fact]
    public void What_is_not_named_stays()
    {
        var parsed = Preprocessing.Parse("  crop=299\tresize=342 ", s_caffe);
        Assert.Equal(s_caffe with { Resize = 342, Crop = 299 }, parsed);
    }

    [Theory]
    [InlineData("krop=3", "did you mean 'crop='?")]
    [InlineData("crop=0", "number of pixels")]
    [InlineData("crop=300", "a crop of 300 pixels does not fit")]
    [InlineData("mean=1,2", "three numbers")]
    [InlineData("std=1,0,1", "three numbers")]
    [InlineData("filter=nearest", "bilinear, bicubic")]
    [InlineData("filter=1", "bilinear, bicubic")]
    [InlineData("scale=-1", "1/255")]
    [InlineData("channels", "rgb, bgr")]
    public void A_malformed_part_is_named(string text, string expected)
    {
        var error = Assert.Throws<LearningException>(() => Preprocessing.Parse(text, Preprocessing.ImageNet));
        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void Channel_order_and_scale_reach_the_pixels()
    {
        using var folder = new TemporaryFolder();
        using var bitmap = new SKBitmap(8, 8);
        bitmap.Erase(new SKColor(200, 100, 50));
        using (var file = File.Create(folder["x.png"])) bitmap.Encode(file, SKEncodedImageFormat.Png, 100);
        var values = new float[3 * 4 * 4];
        new PictureReader(s_caffe with { Resize = 4, Crop = 4 }).Read(folder["x.png"], "x.png", values);
        Assert.Equal(50 - 103.939f, values[0], 1e-4);
        Assert.Equal(100 - 116.779f, values[16], 1e-4);
        Assert.Equal(200 - 123.68f, values[32], 1e-4);
    }
}
