namespace OrleansTransfer.Learning.Data;

/// <summary>How a resized pixel is computed from its neighbours; both are antialiased, as Pillow does it.</summary>
public enum Interpolation
{
    Bilinear,
    Bicubic,
}

/// <summary>
/// What weights expect of a picture. It travels with the weights, is stored in the bundle and serves training, evaluation and prediction alike.
/// </summary>
/// <param name="Resize">Pixels of the shorter side after resizing.</param>
/// <param name="Crop">Height and width of the centre crop: the network's input size.</param>
/// <param name="Interpolation">Resampling filter.</param>
/// <param name="Mean">Per-channel mean (red, green, blue) of pixels scaled to 0..1.</param>
/// <param name="Std">Per-channel standard deviation of pixels scaled to 0..1.</param>
public sealed record Preprocessing(int Resize, int Crop, Interpolation Interpolation, IReadOnlyList<float> Mean, IReadOnlyList<float> Std)
{
    /// <summary>torchvision's first generation of ImageNet weights: shorter side to 256, centre crop 224, bilinear.</summary>
    public static Preprocessing ImageNet { get; } = new(256, 224, Interpolation.Bilinear, [0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]);

    /// <summary>The same, for another input size; the ratio of resize to crop is kept.</summary>
    public Preprocessing ForInputSize(int size) =>
        size == Crop ? this : this with { Resize = (int)Math.Round((double)Resize * size / Crop), Crop = size };
}
