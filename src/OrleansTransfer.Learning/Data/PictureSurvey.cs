namespace OrleansTransfer.Learning.Data;

/// <summary>
/// What the pictures of a data set look like, judged by a few dozen of them: enough to see that two sets differ in something that has nothing to do
/// with the labels.
/// </summary>
/// <param name="Looked">Pictures that were looked at.</param>
/// <param name="Grey">Those without colour, whatever their file format.</param>
/// <param name="MedianSide">Median of their shorter sides, in pixels.</param>
public sealed record PictureSurvey(int Looked, int Grey, int MedianSide)
{
    private const int MostLooked = 32;

    // Differences between red, green and blue up to this are what JPEG makes of grey.
    private const int Neutral = 16;

    private const double ColouredPixels = 0.01, NearlyAll = 0.9, SizeRatio = 4;

    /// <summary>Looks at pictures that are evenly spread over a data set; those that can no longer be read are passed over.</summary>
    public static PictureSurvey Of(ImageDataset dataset)
    {
        var decoder = new ImageDecoder();
        var count = Math.Min(MostLooked, dataset.Samples.Count);
        var (grey, sides) = (0, new List<int>());
        for (var i = 0; i < count; i++)
        {
            var sample = dataset.Samples[(int)((long)i * dataset.Samples.Count / count)];
            if (decoder.TryDecode(Path.Combine(dataset.Root, sample.Path), out var picture, out _) is not null) continue;
            if (IsGrey(picture)) grey++;
            sides.Add(Math.Min(picture.Width, picture.Height));
        }
        return new(sides.Count, grey, SizeRange.Of(sides).Median);
    }

    /// <summary>Sentences for a person on how two domains differ; none where they are alike.</summary>
    public static IReadOnlyList<string> Compare(PictureSurvey source, PictureSurvey target)
    {
        if (source.Looked == 0 || target.Looked == 0) return [];
        var remarks = new List<string>();
        if ((source.NearlyAllGrey && target.NearlyAllColoured) || (source.NearlyAllColoured && target.NearlyAllGrey))
        {
            var (grey, coloured) = source.NearlyAllGrey ? ("source", "target") : ("target", "source");
            remarks.Add($"The pictures of the {grey} are grey and those of the {coloured} coloured (grey are {source.Grey} of {source.Looked} in the "
                + $"source, {target.Grey} of {target.Looked} in the target), so colour alone tells the domains apart. "
                + "Where it does not matter for the labels, make both grey.");
        }
        if (Math.Max(source.MedianSide, target.MedianSide) > SizeRatio * Math.Min(source.MedianSide, target.MedianSide))
            remarks.Add($"The pictures of the source and of the target differ in size (median of the shorter side: {source.MedianSide} and "
                + $"{target.MedianSide} pixels): brought to the network's size, those of one domain are far less sharp.");
        return remarks;
    }

    private bool NearlyAllGrey => Grey >= NearlyAll * Looked;

    private bool NearlyAllColoured => Looked - Grey >= NearlyAll * Looked;

    private static bool IsGreyPixel(ReadOnlySpan<byte> pixel) =>
        Math.Max(pixel[0], Math.Max(pixel[1], pixel[2])) - Math.Min(pixel[0], Math.Min(pixel[1], pixel[2])) <= Neutral;

    private static bool IsGrey(PixelBuffer picture)
    {
        var pixels = picture.Pixels;
        var coloured = 0;
        for (var i = 0; i < pixels.Length; i += PixelBuffer.PixelBytes)
            if (!IsGreyPixel(pixels.Slice(i, 3))) coloured++;
        return coloured < ColouredPixels * (pixels.Length / PixelBuffer.PixelBytes);
    }
}
