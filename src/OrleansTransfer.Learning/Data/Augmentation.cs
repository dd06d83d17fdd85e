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

    /// <summary>
    /// A random part of the picture resized to the input size, never mirrored: for digits, letters and whatever else has a left and a right.
    /// </summary>
    Crop,

    /// <summary>Turned by up to 15 degrees, moved and scaled by a little, never mirrored; what comes in from outside is black.</summary>
    Affine,

    /// <summary>
    /// A random part, other brightness and contrast, and a blank square (DeVries and Taylor, arXiv 1708.04552): for methods that ask the network to say
    /// the same of it.
    /// </summary>
    Strong,

    /// <summary><see cref="Strong"/> and <see cref="Flip"/>.</summary>
    StrongFlip,
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
        if (kind is AugmentKind.None or AugmentKind.Affine) return Framing.Centre(width, height, preprocessing);
        if (kind is AugmentKind.Crop or AugmentKind.Strong)
            return new(RandomPart(width, height, ref random), preprocessing.Crop, preprocessing.Crop, 0, 0, false);
        var mirrored = random.NextDouble() < 0.5;
        if (kind == AugmentKind.Flip) return Framing.Centre(width, height, preprocessing) with { Mirrored = mirrored };
        return new(RandomPart(width, height, ref random), preprocessing.Crop, preprocessing.Crop, 0, 0, mirrored);
    }

    /// <summary>The strong variation of pictures that are otherwise varied as <paramref name="kind"/> says: mirrored only where those are.</summary>
    public static AugmentKind Stronger(AugmentKind kind) =>
        kind is AugmentKind.None or AugmentKind.Crop or AugmentKind.Affine ? AugmentKind.Strong : AugmentKind.StrongFlip;

    /// <summary>What a strong variation does to a picture's normalised values <c>[3,H,W]</c>, in place; nothing for other kinds.</summary>
    public static void Distort(AugmentKind kind, Span<float> values, int size, ref SplitMix64 random)
    {
        if (kind is not (AugmentKind.Strong or AugmentKind.StrongFlip)) return;
        var (contrast, brightness) = ((float)random.NextDouble(0.6, 1.4), (float)random.NextDouble(-0.3, 0.3));
        var mean = 0.0;
        foreach (var value in values) mean += value;
        var middle = (float)(mean / values.Length);
        foreach (ref var value in values) value = (value - middle) * contrast + middle + brightness;

        var side = Math.Max(1, (int)(size * random.NextDouble(0.15, 0.4)));
        var (left, top) = (random.NextInt(size - side + 1), random.NextInt(size - side + 1));
        for (var row = 0; row < 3 * side; row++) values.Slice((row / side * size + top + row % side) * size + left, side).Fill(middle);
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
