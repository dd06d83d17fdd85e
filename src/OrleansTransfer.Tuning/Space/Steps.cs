namespace OrleansTransfer.Tuning.Space;

/// <summary>Values that lie a step apart.</summary>
internal static class Steps
{
    /// <summary>Relative error up to which a number of steps counts as whole: decimal fractions are not exact in binary.</summary>
    private const double Tolerance = 1e-9;

    /// <summary>Number of values from <paramref name="low"/> to <paramref name="high"/>.</summary>
    public static long Count(double low, double high, double step) => (long)Math.Round((high - low) / step) + 1;

    /// <summary>Whether a whole number of steps leads from one value to the other.</summary>
    public static bool Fit(double low, double high, double step)
    {
        var steps = (high - low) / step;
        return Math.Abs(steps - Math.Round(steps)) <= Tolerance * Math.Max(1, Math.Abs(steps));
    }

    /// <summary>The value <paramref name="index"/> steps above the lowest, as a person would write it: 0.3, not 0.30000000000000004.</summary>
    public static double At(double low, double step, long index)
    {
        var value = low + index * step;
        return Math.Abs(value) is < 1e15 and > 1e-12 || value == 0 ? (double)Math.Round((decimal)value, 15) : value;
    }

    /// <summary>The share of the unit interval that a point lies in.</summary>
    public static long Share(double unit, long count) => Math.Clamp((long)(unit * count), 0, count - 1);

    /// <summary>The middle of a share.</summary>
    public static double Middle(long index, long count) => (index + 0.5) / count;
}
