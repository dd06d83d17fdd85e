namespace OrleansTransfer.Tuning.Numerics;

/// <summary>The standard normal distribution, exact to about twelve digits far into its tails.</summary>
internal static class Normal
{
    private const double HalfLogTwoPi = 0.91893853320467274178;

    // From here on, series in 1/z are exact enough and differences of nearly equal numbers are not.
    private const double Tail = -8;

    /// <summary>Logarithm of the density.</summary>
    public static double LogDensity(double z) => -z * z / 2 - HalfLogTwoPi;

    /// <summary>Probability of less than <paramref name="z"/>.</summary>
    public static double Cumulative(double z) => Erfc(-z / Math.Sqrt(2)) / 2;

    /// <summary>Logarithm of <see cref="Cumulative"/>, finite where that is 0.</summary>
    public static double LogCumulative(double z)
    {
        if (z > Tail) return Math.Log(Cumulative(z));
        var inverse = 1 / (z * z);
        return LogDensity(z) - Math.Log(-z) + Math.Log(1 - inverse * (1 - inverse * (3 - inverse * (15 - 105 * inverse))));
    }

    /// <summary>Logarithm of the mean of what a standard normal number falls short of <paramref name="z"/>: of φ(z) + z Φ(z).</summary>
    public static double LogShortfall(double z)
    {
        if (z > Tail) return Math.Log(Math.Exp(LogDensity(z)) + z * Cumulative(z));
        var inverse = 1 / (z * z);
        return LogDensity(z) + Math.Log(inverse) + Math.Log(1 - inverse * (3 - inverse * (15 - 105 * inverse)));
    }

    /// <summary>The number that a probability lies below.</summary>
    /// <param name="probability">0 to 1, both exclusive.</param>
    public static double Quantile(double probability)
    {
        var tail = Math.Min(probability, 1 - probability);
        // Abramowitz and Stegun 26.2.23 to start from, then Halley's method.
        var t = Math.Sqrt(-2 * Math.Log(tail));
        var z = -(t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))));
        for (var i = 0; i < 3; i++)
        {
            var step = (Cumulative(z) - tail) / Math.Exp(LogDensity(z));
            z -= step / (1 + z * step / 2);
        }
        return probability < 0.5 ? z : -z;
    }

    private static double Erfc(double x)
    {
        if (x < 0) return 2 - Erfc(-x);
        if (x < 2) return 1 - Erf(x);
        // Continued fraction (Abramowitz and Stegun 7.1.14), from the innermost term; the further out, the fewer it takes.
        var fraction = 0.0;
        for (var i = 8 + (int)(200 / (x * x)); i > 0; i--) fraction = i / 2.0 / (x + fraction);
        return Math.Exp(-x * x) / ((x + fraction) * Math.Sqrt(Math.PI));
    }

    // Abramowitz and Stegun 7.1.6: all terms are positive.
    private static double Erf(double x)
    {
        var (sum, term) = (x, x);
        for (var i = 1; term > sum * 1e-17; i++) sum += term *= 2 * x * x / (2 * i + 1);
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }
}
