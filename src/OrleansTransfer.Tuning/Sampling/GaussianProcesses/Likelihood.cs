using System.Numerics.Tensors;
using OrleansTransfer.Tuning.Numerics;

namespace OrleansTransfer.Tuning.Sampling.GaussianProcesses;

/// <summary>
/// Minus the logarithm of the posterior of the hyperparameters, and its gradient (Rasmussen and Williams, Gaussian Processes for Machine Learning,
/// equations 5.8 and 5.9), up to a constant.
/// </summary>
internal sealed class Likelihood
{
    private readonly int _n, _dimensions;
    private readonly double[] _losses;
    private readonly double[] _distances; // [pair, dimension], pairs in the order (1,0), (2,0), (2,1), ...

    public Likelihood(Features features, IReadOnlyList<double[]> points, double[] losses)
    {
        (_n, _dimensions, _losses) = (points.Count, features.Count, losses);
        _distances = new double[_n * (_n - 1) / 2 * _dimensions];
        var at = 0;
        for (var i = 0; i < _n; i++)
            for (var j = 0; j < i; j++)
                for (var d = 0; d < _dimensions; d++) _distances[at++] = features.SquaredDistance(d, points[i][d], points[j][d]);
    }

    /// <summary>The hyperparameters that are the likeliest of what local searches from several starts find.</summary>
    public double[] Maximise(int iterations)
    {
        var (low, high) = Hyperparameters.Bounds(_dimensions);
        var (best, least) = (Hyperparameters.Starts(_dimensions)[0], double.PositiveInfinity);
        foreach (var start in Hyperparameters.Starts(_dimensions))
        {
            var value = BoxMinimizer.Minimise(Evaluate, start, low, high, iterations);
            if (value < least) (best, least) = (start, value);
        }
        return best;
    }

    /// <summary>The value, and the gradient by each logarithm; infinite where the kernel matrix is singular.</summary>
    public double Evaluate(ReadOnlySpan<double> logs, Span<double> gradient)
    {
        var matrix = new double[_n * _n];
        Span<double> weights = stackalloc double[_dimensions];
        for (var d = 0; d < _dimensions; d++) weights[d] = Math.Exp(-2 * logs[d]);
        var (signal, noise) = (Math.Exp(logs[_dimensions]), Math.Exp(logs[_dimensions + 1]));
        var roots = new double[_n * (_n - 1) / 2];
        var at = 0;
        for (var i = 0; i < _n; i++)
        {
            for (var j = 0; j < i; j++, at++)
            {
                roots[at] = Math.Sqrt(5 * TensorPrimitives.Dot<double>(weights, _distances.AsSpan(at * _dimensions, _dimensions)));
                matrix[i * _n + j] = signal * Matern.Correlation(roots[at]);
            }
            matrix[i * _n + i] = signal + noise;
        }
        var kernel = (double[])matrix.Clone();
        if (Cholesky.Of(matrix, _n) is not { } factor) return double.PositiveInfinity;
        var alpha = (double[])_losses.Clone();
        factor.Forward(alpha);
        factor.Backward(alpha);
        var value = (TensorPrimitives.Dot<double>(_losses, alpha) + factor.LogDeterminant()) / 2;
        Differentiate(kernel, factor.Inverse(), alpha, roots, weights, signal, noise, gradient);
        for (var d = 0; d < _dimensions; d++) value += Prior(logs[d], Hyperparameters.LengthPrior(_dimensions), ref gradient[d]);
        value += Prior(logs[_dimensions], Hyperparameters.SignalPrior, ref gradient[_dimensions]);
        return value + Prior(logs[_dimensions + 1], Hyperparameters.NoisePrior, ref gradient[_dimensions + 1]);
    }

    // tr((K⁻¹ - α αᵀ) ∂K) / 2, each pair counted twice.
    private void Differentiate(
        double[] kernel,
        double[] inverse,
        double[] alpha,
        double[] roots,
        ReadOnlySpan<double> weights,
        double signal,
        double noise,
        Span<double> gradient)
    {
        gradient.Clear();
        var byLength = gradient[.._dimensions];
        var (at, bySignal, byNoise) = (0, 0.0, 0.0);
        for (var i = 0; i < _n; i++)
        {
            for (var j = 0; j < i; j++, at++)
            {
                var weight = inverse[i * _n + j] - alpha[i] * alpha[j];
                bySignal += weight * kernel[i * _n + j];
                var slope = weight * signal * Matern.Slope(roots[at]);
                TensorPrimitives.MultiplyAdd(_distances.AsSpan(at * _dimensions, _dimensions), slope, byLength, byLength);
            }
            var diagonal = (inverse[i * _n + i] - alpha[i] * alpha[i]) / 2;
            bySignal += diagonal * signal;
            byNoise += diagonal * noise;
        }
        for (var d = 0; d < _dimensions; d++) gradient[d] *= weights[d];
        gradient[_dimensions] = bySignal;
        gradient[_dimensions + 1] = byNoise;
    }

    private static double Prior(double log, (double Mean, double Spread) prior, ref double gradient)
    {
        var off = (log - prior.Mean) / prior.Spread;
        gradient += off / prior.Spread;
        return off * off / 2;
    }
}
