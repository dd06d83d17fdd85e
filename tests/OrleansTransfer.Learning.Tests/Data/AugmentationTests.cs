using OrleansTransfer.Learning.Data;

namespace OrleansTransfer.Learning.Tests.Data;

public sealed class AugmentationTests
{
    [Theory]
    // Shorter side and longer side as torchvision's Resize, corner as its CenterCrop, whose round() takes halves to the even neighbour.
    [InlineData(500, 375, 341, 256, 58, 16)]
    [InlineData(375, 500, 256, 341, 16, 58)]
    [InlineData(256, 256, 256, 256, 16, 16)]
    [InlineData(259, 256, 259, 256, 18, 16)]
    [InlineData(10, 1000, 256, 25600, 16, 12688)]
    public void The_centre_is_framed_as_torchvision_does_it(int width, int height, int scaledWidth, int scaledHeight, int left, int top) =>
        Assert.Equal(
            new(new(0, 0, width, height), scaledWidth, scaledHeight, left, top, Mirrored: false),
            Framing.Centre(width, height, Preprocessing.ImageNet));

    [Theory]
    [InlineData(640, 480)]
    [InlineData(33, 4000)]
    [InlineData(4000, 33)]
    [InlineData(1, 1)]
    public void A_random_part_lies_within_the_picture_and_keeps_its_bounds(int width, int height)
    {
        for (var index = 0; index < 200; index++)
        {
            var random = Augmentation.Generator(1, 2, index);
            var framing = Augmentation.Frame(AugmentKind.Standard, width, height, Preprocessing.ImageNet, ref random);
            var part = framing.Source;
            Assert.True(part.Left >= 0 && part.Top >= 0 && part.Left + part.Width <= width && part.Top + part.Height <= height, $"{part}");
            Assert.InRange((double)part.Width / part.Height, 0.7, 1.4);
            Assert.Equal((224, 224, 0, 0), (framing.Width, framing.Height, framing.Left, framing.Top));
            if (width == 640) Assert.InRange((double)part.Width * part.Height / (width * height), 0.34, 1);
        }
    }

    [Fact]
    public void Half_of_the_pictures_are_mirrored_and_otherwise_framed_in_the_centre()
    {
        var mirrored = 0;
        for (var index = 0; index < 1000; index++)
        {
            var random = Augmentation.Generator(1, 0, index);
            var framing = Augmentation.Frame(AugmentKind.Flip, 300, 400, Preprocessing.ImageNet, ref random);
            if (framing.Mirrored) mirrored++;
            Assert.Equal(Framing.Centre(300, 400, Preprocessing.ImageNet), framing with { Mirrored = false });
        }
        Assert.InRange(mirrored, 450, 550);
    }
}
