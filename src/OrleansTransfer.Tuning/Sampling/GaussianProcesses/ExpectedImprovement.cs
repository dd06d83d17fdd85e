using OrleansTransfer.Tuning.Numerics;

namespace OrleansTransfer.Tuning.Sampling.GaussianProcesses;

/// <summary>
/// The logarithm of the expected improvement (Jones, Schonlau and Welch 1998, equation 15), which unlike the improvement itself has a slope
/// everywhere (Ament and others, arXiv 2310.20708).
/// </summary>
/// <param name="posterior">What is known.</param>
/// <param name="best">The loss to improve on.</param>
internal sealed class ExpectedImprovement(Posterior posterior, double best)
{
    public double LogAt(ReadOnlySpan<double> point)
    {
        var (mean, variance) = posterior.At(point);
        var deviation = Math.Sqrt(variance);
        return Math.Log(deviation) + Normal.LogShortfall((best - mean) / deviation);
    }

    /// <summary>Minus the logarithm, with its gradient, for minimisers.</summary>
    public double Minus(ReadOnlySpan<double> point, Span<double> gradient)
    {
        Span<double> variances = stackalloc double[point.Length];
        var (mean, variance) = posterior.At(point, gradient, variances);
        var deviation = Math.Sqrt(variance);
        var z = (best - mean) / deviation;
        var log = Normal.LogShortfall(z);
        var byMean = -Math.Exp(Normal.LogCumulative(z) - log) / deviation;
        var byDeviation = Math.Exp(Normal.LogDensity(z) - log) / deviation;
        for (var d = 0; d < point.Length; d++) gradient[d] = -(byMean * gradient[d] + byDeviation * variances[d] / (2 * deviation));
        return -(Math.Log(deviation) + log);
    }
}
