namespace OrleansTransfer.Learning.Data;

/// <summary>
/// How a picture becomes the network's square: which part of it is resized to which size, where in the result the square lies, and whether it is
/// mirrored. Only the square is ever computed.
/// </summary>
/// <param name="Source">Part of the decoded picture.</param>
/// <param name="Width">Width of the part after resizing.</param>
/// <param name="Height">Height of the part after resizing.</param>
/// <param name="Left">First column of the square in the resized part.</param>
/// <param name="Top">First row of the square in the resized part.</param>
/// <param name="Mirrored">Whether left and right are swapped at the end.</param>
public readonly record struct Framing(PixelRectangle Source, int Width, int Height, int Left, int Top, bool Mirrored)
{
    /// <summary>
    /// torchvision's <c>Resize(int)</c> and <c>CenterCrop</c>: the shorter side gets the wanted length, the square is cut from the middle.
    /// </summary>
    public static Framing Centre(int width, int height, Preprocessing preprocessing)
    {
        var (resize, crop) = (preprocessing.Resize, preprocessing.Crop);
        var scaledWidth = width <= height ? resize : (int)((long)resize * width / height);
        var scaledHeight = width <= height ? (int)((long)resize * height / width) : resize;
        // Python's round() takes halves to the even neighbour, and so does Math.Round.
        var left = (int)Math.Round((scaledWidth - crop) / 2.0);
        var top = (int)Math.Round((scaledHeight - crop) / 2.0);
        return new(new(0, 0, width, height), scaledWidth, scaledHeight, left, top, Mirrored: false);
    }
}
