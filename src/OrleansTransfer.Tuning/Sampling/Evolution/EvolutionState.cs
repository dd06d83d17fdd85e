using OrleansTransfer.Tuning.Numerics;

namespace OrleansTransfer.Tuning.Sampling.Evolution;

/// <summary>
/// The normal distribution that CMA-ES draws from, and how a generation changes it: Hansen, "The CMA evolution strategy: a tutorial" (arXiv
/// 1604.00772), with the settings of its table 1. Immutable.
/// </summary>
internal sealed class EvolutionState
{
    /// <summary>First step size, as a share of every range.</summary>
    private const double FirstStep = 0.25;

    private readonly double[,] _axes; // columns: eigenvectors
    private readonly double[] _lengths; // roots of the eigenvalues
    private readonly double[,] _covariance;
    private readonly double[] _pathOfStep, _pathOfShape;
    private readonly int _generation;

    private EvolutionState(double[] mean, double step, double[,] covariance, double[] pathOfStep, double[] pathOfShape, int generation)
    {
        (Mean, Step, _covariance, _pathOfStep, _pathOfShape, _generation) = (mean, step, covariance, pathOfStep, pathOfShape, generation);
        (var values, _axes) = SymmetricEigen.Of(covariance);
        _lengths = [.. values.Select(value => Math.Sqrt(Math.Max(value, 1e-20)))];
    }

    /// <summary>Around a point, alike in all directions.</summary>
    public static EvolutionState Start(double[] mean)
    {
        var n = mean.Length;
        var identity = new double[n, n];
        for (var i = 0; i < n; i++) identity[i, i] = 1;
        return new(mean, FirstStep, identity, new double[n], new double[n], 0);
    }

    /// <summary>Trials of a generation.</summary>
    public static int Population(int dimensions) => 4 + (int)(3 * Math.Log(dimensions));

    public double[] Mean { get; }

    public double Step { get; }

    /// <summary>Whether the distribution has shrunk to a point or a line, so that nothing new comes of it.</summary>
    public bool HasConverged => Step * _lengths.Max() < 1e-7 || _lengths.Max() > 1e7 * _lengths.Min();

    /// <summary>Standard deviation of a coordinate.</summary>
    public double Deviation(int dimension) => Step * Math.Sqrt(_covariance[dimension, dimension]);

    /// <summary>A point of the distribution.</summary>
    public double[] Draw(RandomStream random)
    {
        var n = Mean.Length;
        var point = (double[])Mean.Clone();
        for (var k = 0; k < n; k++)
        {
            var length = Step * _lengths[k] * random.NextNormal();
            for (var i = 0; i < n; i++) point[i] += length * _axes[i, k];
        }
        return point;
    }

    /// <summary>The distribution after a generation.</summary>
    /// <param name="ranking">Its points, the best first, one per trial of <see cref="Population"/>.</param>
    public EvolutionState After(IReadOnlyList<double[]> ranking)
    {
        var (n, parents) = (Mean.Length, ranking.Count / 2);
        var raw = Enumerable.Range(1, parents).Select(rank => Math.Log((ranking.Count + 1) / 2.0) - Math.Log(rank)).ToArray();
        var weights = raw.Select(weight => weight / raw.Sum()).ToArray();
        var effective = 1 / weights.Sum(weight => weight * weight);
        var stepRate = (effective + 2) / (n + effective + 5);
        var damping = 1 + 2 * Math.Max(0, Math.Sqrt((effective - 1) / (n + 1)) - 1) + stepRate;
        var pathRate = (4 + effective / n) / (n + 4 + 2 * effective / n);
        var rankOne = 2 / ((n + 1.3) * (n + 1.3) + effective);
        var rankMany = Math.Min(1 - rankOne, 2 * (effective - 2 + 1 / effective) / ((n + 2.0) * (n + 2) + effective));

        var moves = ranking.Take(parents).Select(Move).ToArray();
        var mean = new double[n];
        var shift = new double[n];
        for (var i = 0; i < n; i++)
        {
            for (var k = 0; k < parents; k++) shift[i] += weights[k] * moves[k][i];
            mean[i] = Math.Clamp(Mean[i] + Step * shift[i], 0, 1);
        }
        var whitened = Whiten(shift);
        var pathOfStep = new double[n];
        for (var i = 0; i < n; i++)
            pathOfStep[i] = (1 - stepRate) * _pathOfStep[i] + Math.Sqrt(stepRate * (2 - stepRate) * effective) * whitened[i];
        var length = Math.Sqrt(pathOfStep.Sum(x => x * x));
        var expected = Math.Sqrt(n) * (1 - 1.0 / (4 * n) + 1.0 / (21.0 * n * n));
        var leaps = length / Math.Sqrt(1 - Math.Pow(1 - stepRate, 2 * (_generation + 1))) >= (1.4 + 2.0 / (n + 1)) * expected;
        var pathOfShape = new double[n];
        for (var i = 0; i < n; i++)
            pathOfShape[i] = (1 - pathRate) * _pathOfShape[i] + (leaps ? 0 : Math.Sqrt(pathRate * (2 - pathRate) * effective) * shift[i]);
        var covariance = new double[n, n];
        var kept = 1 - rankOne - rankMany + (leaps ? rankOne * pathRate * (2 - pathRate) : 0);
        for (var i = 0; i < n; i++)
            for (var j = 0; j <= i; j++)
            {
                var many = 0.0;
                for (var k = 0; k < parents; k++) many += weights[k] * moves[k][i] * moves[k][j];
                covariance[i, j] = covariance[j, i] = kept * _covariance[i, j] + rankOne * pathOfShape[i] * pathOfShape[j] + rankMany * many;
            }
        var step = Math.Min(1, Step * Math.Exp(stepRate / damping * (length / expected - 1)));
        return new(mean, step, covariance, pathOfStep, pathOfShape, _generation + 1);
    }

    // In steps from the mean, cut where the point was not drawn from this distribution and lies far out (Hansen, "Injecting external solutions into
    // CMA-ES", arXiv 1110.4181, equation 4).
    private double[] Move(double[] point)
    {
        var n = Mean.Length;
        var move = new double[n];
        for (var i = 0; i < n; i++) move[i] = double.IsNaN(point[i]) ? 0 : (point[i] - Mean[i]) / Step;
        var length = Math.Sqrt(Whiten(move).Sum(x => x * x));
        var longest = Math.Sqrt(n) + 2.0 * n / (n + 2);
        if (length > longest)
            for (var i = 0; i < n; i++) move[i] *= longest / length;
        return move;
    }

    // C^(-1/2) times a vector.
    private double[] Whiten(double[] vector)
    {
        var n = vector.Length;
        var white = new double[n];
        for (var k = 0; k < n; k++)
        {
            var along = 0.0;
            for (var i = 0; i < n; i++) along += _axes[i, k] * vector[i];
            along /= _lengths[k];
            for (var i = 0; i < n; i++) white[i] += along * _axes[i, k];
        }
        return white;
    }
}
