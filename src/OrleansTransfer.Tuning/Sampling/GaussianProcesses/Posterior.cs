using System.Numerics.Tensors;
using OrleansTransfer.Tuning.Numerics;

namespace OrleansTransfer.Tuning.Sampling.GaussianProcesses;

/// <summary>
/// What a Gaussian process with a Matérn kernel says of points it has not seen, given losses at some that it has (Rasmussen and Williams, algorithm
/// 2.1).
/// </summary>
internal sealed class Posterior
{
    private readonly Features _features;
    private readonly IReadOnlyList<double[]> _points;
    private readonly double[] _weights; // 1 / ℓ²
    private readonly double _signal;
    private readonly Cholesky _factor;
    private readonly double[] _alpha;

    private Posterior(Features features, IReadOnlyList<double[]> points, double[] logs, Cholesky factor, double[] losses)
    {
        (_features, _points, _factor) = (features, points, factor);
        (_weights, _signal) = (Weights(features, logs), Math.Exp(logs[features.Count]));
        _alpha = (double[])losses.Clone();
        factor.Forward(_alpha);
        factor.Backward(_alpha);
    }

    /// <param name="features">How far points are apart.</param>
    /// <param name="points">Coordinates of the unit cube, NaN for none.</param>
    /// <param name="losses">A loss per point.</param>
    /// <param name="logs">See <see cref="Hyperparameters"/>.</param>
    public static Posterior Of(Features features, IReadOnlyList<double[]> points, double[] losses, double[] logs)
    {
        var n = points.Count;
        var (weights, signal, noise) = (Weights(features, logs), Math.Exp(logs[features.Count]), Math.Exp(logs[features.Count + 1]));
        // Rounding may make a matrix of near-equal rows indefinite: more on the diagonal, until it is not.
        for (var extra = 0.0; ; extra = extra * 10 + 1e-8 * signal)
        {
            var matrix = new double[n * n];
            for (var i = 0; i < n; i++)
            {
                for (var j = 0; j < i; j++) matrix[i * n + j] = signal * Matern.Correlation(Scaled(features, weights, points[i], points[j]));
                matrix[i * n + i] = signal + noise + extra;
            }
            if (Cholesky.Of(matrix, n) is { } factor) return new(features, points, logs, factor, losses);
        }
    }

    /// <summary>Mean and variance of the loss without noise.</summary>
    public (double Mean, double Variance) At(ReadOnlySpan<double> point)
    {
        var covariances = new double[_points.Count];
        for (var i = 0; i < covariances.Length; i++) covariances[i] = _signal * Matern.Correlation(Scaled(_features, _weights, point, _points[i]));
        var mean = TensorPrimitives.Dot<double>(covariances, _alpha);
        _factor.Forward(covariances);
        return (mean, Math.Max(_signal - TensorPrimitives.SumOfSquares<double>(covariances), 1e-14 * _signal));
    }

    /// <summary>The same, with the gradients of both by the coordinates of numbers that the point has; 0 for the others.</summary>
    public (double Mean, double Variance) At(ReadOnlySpan<double> point, Span<double> meanGradient, Span<double> varianceGradient)
    {
        var n = _points.Count;
        double[] covariances = new double[n], slopes = new double[n];
        for (var i = 0; i < n; i++)
        {
            var a = Scaled(_features, _weights, point, _points[i]);
            covariances[i] = _signal * Matern.Correlation(a);
            slopes[i] = -_signal * Matern.Slope(a);
        }
        var mean = TensorPrimitives.Dot<double>(covariances, _alpha);
        _factor.Forward(covariances);
        var variance = Math.Max(_signal - TensorPrimitives.SumOfSquares<double>(covariances), 1e-14 * _signal);
        _factor.Backward(covariances);
        for (var d = 0; d < point.Length; d++)
        {
            (meanGradient[d], varianceGradient[d]) = (0, 0);
            if (_features.IsChoice(d) || double.IsNaN(point[d])) continue;
            for (var i = 0; i < n; i++)
            {
                if (double.IsNaN(_points[i][d])) continue;
                var change = slopes[i] * _weights[d] * (point[d] - _points[i][d]);
                meanGradient[d] += change * _alpha[i];
                varianceGradient[d] -= 2 * change * covariances[i];
            }
        }
        return (mean, variance);
    }

    private static double[] Weights(Features features, double[] logs) => [.. logs.Take(features.Count).Select(log => Math.Exp(-2 * log))];

    private static double Scaled(Features features, double[] weights, ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        var sum = 0.0;
        for (var d = 0; d < weights.Length; d++) sum += weights[d] * features.SquaredDistance(d, left[d], right[d]);
        return Math.Sqrt(5 * sum);
    }
}
