using System.Globalization;

namespace OrleansTransfer.Learning.Data;

/// <summary>How a resized pixel is computed from its neighbours; both are antialiased, as Pillow does it.</summary>
public enum Interpolation
{
    Bilinear,
    Bicubic,
}

/// <summary>In which order a network takes the colours.</summary>
public enum ChannelOrder
{
    Rgb,
    Bgr,
}

/// <summary>
/// What weights expect of a picture. It travels with the weights, is stored in the bundle and serves training, evaluation and prediction alike. A byte
/// b of a pixel becomes (b x scale - mean) / std.
/// </summary>
/// <param name="Resize">Pixels of the shorter side after resizing.</param>
/// <param name="Crop">Height and width of the centre crop: the network's input size.</param>
/// <param name="Interpolation">Resampling filter.</param>
/// <param name="Mean">Mean of the scaled pixels, one per channel in the order of <paramref name="Channels"/>.</param>
/// <param name="Std">Standard deviation of the scaled pixels, in the same order.</param>
/// <param name="Channels">Order of the input's three channels.</param>
/// <param name="Scale">What a byte is multiplied by: 1/255, or 1 for networks that take 0 to 255.</param>
public sealed record Preprocessing(
    int Resize, int Crop, Interpolation Interpolation, IReadOnlyList<float> Mean, IReadOnlyList<float> Std,
    ChannelOrder Channels = ChannelOrder.Rgb, double Scale = Preprocessing.UnitScale)
{
    /// <summary>Maps bytes to 0..1.</summary>
    public const double UnitScale = 1 / 255.0;

    private static readonly IReadOnlyList<string> s_parts = ["resize", "crop", "filter", "channels", "scale", "mean", "std"];

    /// <summary>torchvision's first generation of ImageNet weights: shorter side to 256, centre crop 224, bilinear.</summary>
    public static Preprocessing ImageNet { get; } = new(256, 224, Interpolation.Bilinear, [0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]);

    /// <summary>The same, for another input size; the ratio of resize to crop is kept.</summary>
    public Preprocessing ForInputSize(int size) =>
        size == Crop ? this : this with { Resize = (int)Math.Round((double)Resize * size / Crop), Crop = size };

    /// <summary>Whether both do the same to every picture.</summary>
    public bool Equals(Preprocessing? other) => other is not null
        && (Resize, Crop, Interpolation, Channels, Scale) == (other.Resize, other.Crop, other.Interpolation, other.Channels, other.Scale)
        && Mean.SequenceEqual(other.Mean) && Std.SequenceEqual(other.Std);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Resize, Crop, Interpolation, Channels, Scale, Mean[0], Std[0]);

    /// <summary>
    /// As text that <see cref="Parse"/> reads: <c>resize=256 crop=224 filter=bilinear channels=rgb scale=1/255 mean=0.485,0.456,0.406
    /// std=0.229,0.224,0.225</c>.
    /// </summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"resize={Resize} crop={Crop} filter={Lower(Interpolation)} channels={Lower(Channels)} scale={(Scale == UnitScale ? "1/255" : $"{Scale:R}")} " +
        $"mean={Join(Mean)} std={Join(Std)}");

    /// <summary>
    /// Reads parts like <c>resize=342 crop=299 mean=0.5,0.5,0.5</c>, separated by blanks, in any order; what is not named stays as in
    /// <paramref name="otherwise"/>.
    /// </summary>
    /// <exception cref="LearningException">A part is unknown, or its value is none; says which and what is expected.</exception>
    public static Preprocessing Parse(string text, Preprocessing otherwise)
    {
        var result = otherwise;
        foreach (var part in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=');
            var (name, value) = equals < 0 ? (part, "") : (part[..equals], part[(equals + 1)..]);
            result = name switch
            {
                "resize" => result with { Resize = Pixels(part, value) },
                "crop" => result with { Crop = Pixels(part, value) },
                "filter" => result with { Interpolation = Choice<Interpolation>(part, value) },
                "channels" => result with { Channels = Choice<ChannelOrder>(part, value) },
                "scale" => result with { Scale = value == "1/255" ? UnitScale : Positive(part, value) },
                "mean" => result with { Mean = Three(part, value, number => float.IsFinite(number)) },
                "std" => result with { Std = Three(part, value, number => number > 0 && float.IsFinite(number)) },
                _ => throw new LearningException(
                    $"preprocessing: '{part}' is unknown{(NearestName.Of(name, s_parts) is { } near ? $"; did you mean '{near}='?" : "")} " +
                    $"Expected are {string.Join(", ", s_parts.Select(known => known + "="))}."),
            };
        }
        return result.Crop <= result.Resize ? result : throw new LearningException(
            $"preprocessing: a crop of {result.Crop} pixels does not fit into a shorter side of {result.Resize} pixels.");
    }

    private static int Pixels(string part, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var pixels) && pixels is > 0 and <= 16384
            ? pixels
            : throw new LearningException($"preprocessing: '{part}' is not a number of pixels from 1 to 16384.");

    private static double Positive(string part, string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number > 0 && double.IsFinite(number)
            ? number
            : throw new LearningException($"preprocessing: '{part}' is neither 1/255 nor a positive number.");

    private static IReadOnlyList<float> Three(string part, string value, Func<float, bool> allowed)
    {
        var numbers = new List<float>();
        foreach (var item in value.Split(','))
        {
            if (!float.TryParse(item, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !allowed(number)) break;
            numbers.Add(number);
        }
        return numbers.Count == 3 && value.Split(',').Length == 3
            ? numbers
            : throw new LearningException($"preprocessing: '{part}' does not give three numbers, like 0.229,0.224,0.225.");
    }

    private static T Choice<T>(string part, string value) where T : struct, Enum =>
        Enum.TryParse<T>(value, ignoreCase: true, out var choice) && Enum.IsDefined(choice) && !char.IsAsciiDigit(value[0])
            ? choice
            : throw new LearningException($"preprocessing: '{part}' is none of {string.Join(", ", Enum.GetNames<T>().Select(name => name.ToLowerInvariant()))}.");

    private static string Lower<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static string Join(IEnumerable<float> numbers) =>
        string.Join(',', numbers.Select(number => number.ToString("R", CultureInfo.InvariantCulture)));
}
