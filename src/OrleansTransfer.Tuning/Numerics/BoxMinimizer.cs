using System.Numerics.Tensors;

namespace OrleansTransfer.Tuning.Numerics;

/// <summary>
/// Finds a local minimum of a smooth function in a box: limited-memory BFGS (Nocedal and Wright, Numerical Optimization, algorithm 7.4) on the
/// coordinates that no bound holds, with backtracking along the projected path.
/// </summary>
internal static class BoxMinimizer
{
    private const int Memory = 8;
    private const double Decrease = 1e-4;

    /// <summary>Computes the function at a point and writes its gradient; not finite where it is not defined.</summary>
    public delegate double Function(ReadOnlySpan<double> point, Span<double> gradient);

    /// <param name="function">What to minimise.</param>
    /// <param name="start">Where to start, in the box; becomes the minimum.</param>
    /// <param name="low">Lower bounds.</param>
    /// <param name="high">Upper bounds.</param>
    /// <param name="iterations">Steps at most.</param>
    /// <returns>The least value found.</returns>
    public static double Minimise(Function function, Span<double> start, ReadOnlySpan<double> low, ReadOnlySpan<double> high, int iterations)
    {
        var n = start.Length;
        double[] gradient = new double[n], trial = new double[n], trialGradient = new double[n], direction = new double[n];
        var pairs = new List<(double[] Step, double[] Change, double Inverse)>();
        var value = function(start, gradient);
        for (var iteration = 0; iteration < iterations && double.IsFinite(value); iteration++)
        {
            Direction(gradient, pairs, direction);
            Hold(start, low, high, gradient, direction);
            var slope = TensorPrimitives.Dot<double>(gradient, direction);
            if (!(slope < 0))
            {
                pairs.Clear();
                TensorPrimitives.Negate(gradient, direction);
                Hold(start, low, high, gradient, direction);
                slope = TensorPrimitives.Dot<double>(gradient, direction);
                if (!(slope < 0)) break;
            }
            // Without curvature known, the first step is a tenth of the box at most.
            var scale = pairs.Count > 0 ? 1 : Math.Min(1, 0.1 * Width(low, high) / TensorPrimitives.Norm<double>(direction));
            var next = double.NaN;
            for (var halving = 0; halving < 20; halving++, scale /= 2)
            {
                for (var i = 0; i < n; i++) trial[i] = Math.Clamp(start[i] + scale * direction[i], low[i], high[i]);
                next = function(trial, trialGradient);
                if (next <= value + Decrease * scale * slope) break;
            }
            if (!(next < value)) break;
            Remember(pairs, start, trial, gradient, trialGradient);
            var gained = value - next;
            value = next;
            trial.CopyTo(start);
            trialGradient.CopyTo(gradient, 0);
            if (gained <= 1e-10 * (Math.Abs(value) + 1)) break;
        }
        return value;
    }

    private static void Direction(ReadOnlySpan<double> gradient, List<(double[] Step, double[] Change, double Inverse)> pairs, Span<double> direction)
    {
        TensorPrimitives.Negate(gradient, direction);
        Span<double> factors = stackalloc double[pairs.Count];
        for (var i = pairs.Count - 1; i >= 0; i--)
        {
            var (step, change, inverse) = pairs[i];
            factors[i] = inverse * TensorPrimitives.Dot<double>(step, direction);
            TensorPrimitives.MultiplyAdd(change, -factors[i], direction, direction);
        }
        if (pairs.Count > 0)
            TensorPrimitives.Multiply(direction, 1 / (pairs[^1].Inverse * TensorPrimitives.SumOfSquares<double>(pairs[^1].Change)), direction);
        for (var i = 0; i < pairs.Count; i++)
        {
            var (step, change, inverse) = pairs[i];
            TensorPrimitives.MultiplyAdd(step, factors[i] - inverse * TensorPrimitives.Dot<double>(change, direction), direction, direction);
        }
    }

    // A coordinate at a bound does not move beyond it.
    private static void Hold(
        ReadOnlySpan<double> point, ReadOnlySpan<double> low, ReadOnlySpan<double> high, ReadOnlySpan<double> gradient, Span<double> direction)
    {
        for (var i = 0; i < point.Length; i++)
        {
            var leavesBelow = point[i] <= low[i] && (gradient[i] > 0 || direction[i] < 0);
            var leavesAbove = point[i] >= high[i] && (gradient[i] < 0 || direction[i] > 0);
            if (leavesBelow || leavesAbove) direction[i] = 0;
        }
    }

    private static double Width(ReadOnlySpan<double> low, ReadOnlySpan<double> high)
    {
        var width = 0.0;
        for (var i = 0; i < low.Length; i++) width = Math.Max(width, high[i] - low[i]);
        return width;
    }

    private static void Remember(
        List<(double[] Step, double[] Change, double Inverse)> pairs,
        ReadOnlySpan<double> from,
        double[] to,
        double[] gradientFrom,
        double[] gradientTo)
    {
        double[] step = new double[to.Length], change = new double[to.Length];
        TensorPrimitives.Subtract(to, from, step);
        TensorPrimitives.Subtract(gradientTo, gradientFrom, change);
        var curvature = TensorPrimitives.Dot<double>(step, change);
        if (!(curvature > 1e-12 * TensorPrimitives.SumOfSquares<double>(change))) return;
        if (pairs.Count == Memory) pairs.RemoveAt(0);
        pairs.Add((step, change, 1 / curvature));
    }
}
