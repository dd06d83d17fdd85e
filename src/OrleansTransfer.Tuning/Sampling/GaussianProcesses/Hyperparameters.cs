namespace OrleansTransfer.Tuning.Sampling.GaussianProcesses;

/// <summary>
/// What a Gaussian process is fitted by, as logarithms: [length scales, signal variance, noise variance], of losses with mean 0 and variance 1.
/// </summary>
internal static class Hyperparameters
{
    /// <summary>
    /// Mean and spread of the prior of a log length scale: it grows with the root of the dimensions (Hvarfner, Hellsten and Nardi, arXiv 2402.02229).
    /// </summary>
    public static (double Mean, double Spread) LengthPrior(int dimensions) => (Math.Sqrt(2) + Math.Log(dimensions) / 2 - 1.5, Math.Sqrt(3));

    /// <summary>Mean and spread of the prior of the log signal variance.</summary>
    public static (double Mean, double Spread) SignalPrior { get; } = (0, 1);

    /// <summary>Mean and spread of the prior of the log noise variance.</summary>
    public static (double Mean, double Spread) NoisePrior { get; } = (Math.Log(1e-4), 2);

    /// <summary>Bounds of all.</summary>
    public static (double[] Low, double[] High) Bounds(int dimensions) => (
        [.. Enumerable.Repeat(Math.Log(0.02), dimensions), Math.Log(0.05), Math.Log(1e-6)],
        [.. Enumerable.Repeat(Math.Log(50), dimensions), Math.Log(50), Math.Log(1)]);

    /// <summary>Where searches for the likeliest start: at smooth, at wiggly and at noisy functions.</summary>
    public static IReadOnlyList<double[]> Starts(int dimensions) =>
    [
        Start(dimensions, 0.3 * Math.Sqrt(dimensions), 1e-4),
        Start(dimensions, 0.1 * Math.Sqrt(dimensions), 1e-4),
        Start(dimensions, 1.0 * Math.Sqrt(dimensions), 1e-2),
    ];

    private static double[] Start(int dimensions, double length, double noise) =>
        [.. Enumerable.Repeat(Math.Log(length), dimensions), 0, Math.Log(noise)];
}
