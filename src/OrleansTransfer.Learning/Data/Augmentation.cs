using OrleansTransfer.Learning.Compute;

namespace OrleansTransfer.Learning.Data;

/// <summary>How training pictures are varied from epoch to epoch.</summary>
public enum AugmentKind
{
    /// <summary>Not at all: every epoch sees what evaluation sees.</summary>
    None,

    /// <summary>Mirrored left to right, every second time.</summary>
    Flip,

    /// <summary>
    /// A random part of the picture resized to the input size, and <see cref="Flip"/>: Szegedy et al. (arXiv 1409.4842), as torchvision does it.
    /// </summary>
    Standard,
}

/// <summary>Draws the variation of one picture: a pure function of seed, epoch and sample, whichever worker decodes it.</summary>
public static class Augmentation
{
    // torchvision's default lower scale is 0.08, for training from scratch; fine-tuning on few pictures does better when the object stays in view.
    private const double SmallestArea = 0.35, LargestArea = 1, NarrowestRatio = 3.0 / 4, WidestRatio = 4.0 / 3;

    /// <summary>The generator of sample <paramref name="index"/> in <paramref name="epoch"/>.</summary>
    public static SplitMix64 Generator(long seed, int epoch, int index) => new(Seeds.Derive(seed, epoch, index));

    /// <summary>How a picture of the given size is framed.</summary>
    public static Framing Frame(AugmentKind kind, int width, int height, Preprocessing preprocessing, ref SplitMix64 random)
    {
        if (kind == AugmentKind.None) return Framing.Centre(width, height, preprocessing);
        var mirrored = random.NextDouble() < 0.5;
        if (kind == AugmentKind.Flip) return Framing.Centre(width, height, preprocessing) with { Mirrored = mirrored };
        return new(RandomPart(width, height, ref random), preprocessing.Crop, preprocessing.Crop, 0, 0, mirrored);
    }

    // torchvision's RandomResizedCrop.get_params: ten tries, then the largest central part of an allowed ratio.
    private static PixelRectangle RandomPart(int width, int height, ref SplitMix64 random)
    {
        for (var attempt = 0; attempt < 10; attempt++)
        {
            var area = (double)width * height * random.NextDouble(SmallestArea, LargestArea);
            var ratio = Math.Exp(random.NextDouble(Math.Log(NarrowestRatio), Math.Log(WidestRatio)));
            var partWidth = (int)Math.Round(Math.Sqrt(area * ratio));
            var partHeight = (int)Math.Round(Math.Sqrt(area / ratio));
            if (partWidth < 1 || partWidth > width || partHeight < 1 || partHeight > height) continue;
            var top = random.NextInt(height - partHeight + 1);
            var left = random.NextInt(width - partWidth + 1);
            return new(left, top, partWidth, partHeight);
        }
        var (w, h) = (width, height);
        if ((double)width / height < NarrowestRatio) h = (int)Math.Round(width / NarrowestRatio);
        else if ((double)width / height > WidestRatio) w = (int)Math.Round(height * WidestRatio);
        return new((width - w) / 2, (height - h) / 2, w, h);
    }
}
