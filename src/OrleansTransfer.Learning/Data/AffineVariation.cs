using OrleansTransfer.Learning.Compute;

namespace OrleansTransfer.Learning.Data;

/// <summary>
/// Turns, moves and scales a picture that has the network's size already, as torchvision's RandomAffine does with bilinear interpolation; what comes in
/// from outside is black. Unlike a crop it also makes things smaller.
/// </summary>
internal sealed class AffineVariation(int size)
{
    private const double MostDegrees = 15, MostShift = 0.1, Smallest = 0.65, Largest = 1.25;

    private readonly float[] _before = new float[3 * size * size];

    /// <summary>Varies normalised values <c>[3,H,W]</c> in place.</summary>
    /// <param name="black">What black is, for each channel.</param>
    public void Apply(Span<float> values, ReadOnlySpan<float> black, ref SplitMix64 random)
    {
        values.CopyTo(_before);
        var angle = random.NextDouble(-MostDegrees, MostDegrees) * Math.PI / 180;
        var scale = Math.Exp(random.NextDouble(Math.Log(Smallest), Math.Log(Largest)));
        var (shiftX, shiftY) = (random.NextDouble(-MostShift, MostShift) * size, random.NextDouble(-MostShift, MostShift) * size);
        var (cos, sin, centre) = (Math.Cos(angle) / scale, Math.Sin(angle) / scale, (size - 1) / 2.0);
        for (var y = 0; y < size; y++)
            for (var x = 0; x < size; x++)
            {
                // Where this pixel comes from.
                var (dx, dy) = (x - centre - shiftX, y - centre - shiftY);
                var (fromX, fromY) = (cos * dx + sin * dy + centre, -sin * dx + cos * dy + centre);
                var (left, top) = ((int)Math.Floor(fromX), (int)Math.Floor(fromY));
                var (right, bottom) = ((float)(fromX - left), (float)(fromY - top));
                for (var channel = 0; channel < 3; channel++)
                {
                    var upper = At(channel, left, top, black) * (1 - right) + At(channel, left + 1, top, black) * right;
                    var lower = At(channel, left, top + 1, black) * (1 - right) + At(channel, left + 1, top + 1, black) * right;
                    values[(channel * size + y) * size + x] = upper * (1 - bottom) + lower * bottom;
                }
            }
    }

    private float At(int channel, int x, int y, ReadOnlySpan<float> black) =>
        (uint)x < (uint)size && (uint)y < (uint)size ? _before[(channel * size + y) * size + x] : black[channel];
}
