namespace OrleansTransfer.Learning.Models;

/// <summary>Channel counts that multipliers make, as the MobileNet family rounds them.</summary>
internal static class ChannelCounts
{
    private const int Divisor = 8;

    /// <summary>The nearest multiple of 8, at least 8, and never less than nine tenths of <paramref name="channels"/>.</summary>
    public static int Round(double channels)
    {
        var rounded = Math.Max(Divisor, (int)(channels + Divisor / 2) / Divisor * Divisor);
        return rounded < 0.9 * channels ? rounded + Divisor : rounded;
    }
}
