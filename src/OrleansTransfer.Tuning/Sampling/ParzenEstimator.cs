using OrleansTransfer.Tuning.Numerics;
using OrleansTransfer.Tuning.Space;

namespace OrleansTransfer.Tuning.Sampling;

/// <summary>
/// The density of points of the unit cube: a mixture of one kernel per given point and of the uniform prior. A kernel is a product over parameters: a
/// normal distribution cut off at the ends, or for a choice the point's value with the others equally likely. Where a point has no value (its
/// condition did not hold) its kernel is uniform.
/// </summary>
internal sealed class ParzenEstimator
{
    private const double UniformVariance = 1.0 / 12;
    private const double Narrowest = 1e-3;

    private readonly int _dimensions, _kernels;
    private readonly int[] _choices; // number of values of a choice, 0 for a number
    private readonly double[] _centres; // [kernel, dimension]; the index of a choice's value
    private readonly double[] _logWeights; // with the kernels' normalisation
    private readonly double[] _plainWeights;
    private readonly double[] _precisions; // by dimension: 1 / (2 variance)
    private readonly double[] _widths;
    private readonly double[] _logSame, _logOther;
    private readonly double _logPrior;

    /// <param name="space">What the coordinates stand for.</param>
    /// <param name="points">Coordinates, NaN for none.</param>
    /// <param name="weights">One above 0 per point.</param>
    /// <param name="prior">Weight of the uniform prior.</param>
    /// <param name="bandwidth">Width of kernels, as a multiple of what Scott's rule says.</param>
    public ParzenEstimator(SearchSpace space, IReadOnlyList<double[]> points, IReadOnlyList<double> weights, double prior, double bandwidth)
    {
        (_dimensions, _kernels) = (space.Dimensions, points.Count);
        _choices = [.. space.Parameters.Select(parameter => parameter is ChoiceParameter choice ? choice.Values.Count : 0)];
        _centres = new double[_kernels * _dimensions];
        _logWeights = new double[_kernels];
        (_precisions, _widths) = (new double[_dimensions], new double[_dimensions]);
        (_logSame, _logOther) = (new double[_dimensions], new double[_dimensions]);
        var total = weights.Sum() + prior;
        _plainWeights = [.. weights.Select(weight => weight / total)];
        _logPrior = Math.Log(prior / total);
        for (var i = 0; i < _dimensions; i++) Widen(space.Parameters[i], i, points, bandwidth);
        for (var k = 0; k < _kernels; k++)
        {
            _logWeights[k] = Math.Log(_plainWeights[k]);
            for (var i = 0; i < _dimensions; i++)
            {
                var centre = points[k][i];
                if (_choices[i] > 0 && !double.IsNaN(centre)) centre = Steps.Share(centre, _choices[i]);
                _centres[k * _dimensions + i] = centre;
                if (_choices[i] == 0 && !double.IsNaN(centre)) _logWeights[k] -= LogMass(centre, _widths[i]);
            }
        }
    }

    /// <summary>A point drawn from the density; every coordinate has a value.</summary>
    public double[] Draw(RandomStream random)
    {
        var point = random.NextPoint(_dimensions);
        var pick = random.NextDouble();
        var kernel = 0;
        while (kernel < _kernels && (pick -= _plainWeights[kernel]) >= 0) kernel++;
        if (kernel == _kernels) return point;
        for (var i = 0; i < _dimensions; i++)
        {
            var centre = _centres[kernel * _dimensions + i];
            if (double.IsNaN(centre)) continue;
            if (_choices[i] > 0)
            {
                var same = Math.Exp(_logSame[i]) - Math.Exp(_logOther[i]);
                if (random.NextDouble() < same) point[i] = Steps.Middle((long)centre, _choices[i]);
                continue;
            }
            double drawn;
            do drawn = centre + _widths[i] * random.NextNormal();
            while (drawn is < 0 or > 1);
            point[i] = drawn;
        }
        return point;
    }

    /// <summary>Logarithm of the density at a point, over the coordinates it has.</summary>
    public double LogDensity(ReadOnlySpan<double> point)
    {
        Span<double> x = stackalloc double[_dimensions];
        for (var i = 0; i < _dimensions; i++) x[i] = _choices[i] > 0 && !double.IsNaN(point[i]) ? Steps.Share(point[i], _choices[i]) : point[i];
        var prior = _logPrior;
        for (var i = 0; i < _dimensions; i++)
            if (_choices[i] > 0 && !double.IsNaN(x[i])) prior -= Math.Log(_choices[i]);
        // The sum of exponentials, relative to the greatest so far.
        var (greatest, sum) = (prior, 1.0);
        for (var k = 0; k < _kernels; k++)
        {
            var log = _logWeights[k];
            var centres = _centres.AsSpan(k * _dimensions, _dimensions);
            for (var i = 0; i < centres.Length; i++)
            {
                var (centre, value) = (centres[i], x[i]);
                if (double.IsNaN(value))
                {
                    if (_choices[i] == 0 && !double.IsNaN(centre)) log += LogMass(centre, _widths[i]);
                }
                else if (_choices[i] == 0)
                {
                    if (!double.IsNaN(centre)) log -= (value - centre) * (value - centre) * _precisions[i];
                }
                else
                {
                    log += double.IsNaN(centre) ? -Math.Log(_choices[i]) : centre == value ? _logSame[i] : _logOther[i];
                }
            }
            if (log <= greatest)
            {
                if (log > greatest - 40) sum += Math.Exp(log - greatest);
            }
            else
            {
                sum = sum * Math.Exp(greatest - log) + 1;
                greatest = log;
            }
        }
        return greatest + Math.Log(sum);
    }

    private void Widen(SearchParameter parameter, int i, IReadOnlyList<double[]> points, double bandwidth)
    {
        if (_choices[i] > 0)
        {
            // As if each value had been seen once beside the kernels' own.
            var other = 1.0 / (_kernels + _choices[i]);
            _logOther[i] = Math.Log(other);
            _logSame[i] = Math.Log(1 - (_choices[i] - 1) * other);
            return;
        }
        // Scott's rule; the spread as if one more point were as far out as a uniform one is.
        var (count, sum, squares) = (0, 0.0, 0.0);
        foreach (var point in points)
        {
            if (double.IsNaN(point[i])) continue;
            (count, sum, squares) = (count + 1, sum + point[i], squares + point[i] * point[i]);
        }
        var off = count > 0 ? Math.Max(0, squares - sum * sum / count) : 0;
        var spread = Math.Sqrt((off + UniformVariance) / (count + 1));
        var width = bandwidth * spread * Math.Pow(Math.Max(_kernels, 1), -1.0 / (_dimensions + 4));
        // Not narrower than half of what one value owns.
        _widths[i] = Math.Max(width, Math.Max(Narrowest, 0.5 / (parameter.Count ?? long.MaxValue)));
        _precisions[i] = 1 / (2 * _widths[i] * _widths[i]);
    }

    private static double LogMass(double centre, double width) =>
        Math.Log(width * Math.Sqrt(2 * Math.PI) * (Normal.Cumulative((1 - centre) / width) - Normal.Cumulative(-centre / width)));
}
