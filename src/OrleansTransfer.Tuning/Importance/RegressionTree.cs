using OrleansTransfer.Tuning.Numerics;

namespace OrleansTransfer.Tuning.Importance;

/// <summary>
/// A regression tree on the unit cube (Breiman and others 1984), grown on a bootstrap sample with a random part of the dimensions tried at each
/// split, as random forests do (Breiman 2001). Kept as its leaves: boxes that fill the cube, each with a mean.
/// </summary>
internal sealed class RegressionTree
{
    private const int SmallestSplit = 4;

    private readonly List<Leaf> _leaves = [];

    private RegressionTree() { }

    /// <summary>Boxes that fill the cube.</summary>
    public IReadOnlyList<Leaf> Leaves => _leaves;

    public static RegressionTree Grow(IReadOnlyList<double[]> points, double[] values, RandomStream random)
    {
        var tree = new RegressionTree();
        int[] sample = [.. points.Select(_ => random.NextIndex(points.Count))];
        var dimensions = points[0].Length;
        tree.Split(points, values, sample, new double[dimensions], [.. Enumerable.Repeat(1.0, dimensions)], random);
        return tree;
    }

    private void Split(IReadOnlyList<double[]> points, double[] values, int[] sample, double[] low, double[] high, RandomStream random)
    {
        if (sample.Length < SmallestSplit || Best(points, values, sample, random) is not { } split)
        {
            _leaves.Add(new(low, high, sample.Average(i => values[i])));
            return;
        }
        var (dimension, at) = split;
        double[] left = [.. high], right = [.. low];
        left[dimension] = right[dimension] = at;
        Split(points, values, [.. sample.Where(i => points[i][dimension] < at)], low, left, random);
        Split(points, values, [.. sample.Where(i => points[i][dimension] >= at)], right, high, random);
    }

    // The split that leaves the least variance; null when nothing can be told apart.
    private static (int Dimension, double At)? Best(IReadOnlyList<double[]> points, double[] values, int[] sample, RandomStream random)
    {
        var dimensions = points[0].Length;
        var tries = (int)Math.Ceiling(dimensions * 5 / 6.0);
        var tried = Enumerable.Range(0, dimensions).OrderBy(_ => random.NextBits()).Take(tries).ToArray();
        var total = sample.Sum(i => values[i]);
        var most = total * total / sample.Length + 1e-12 * sample.Sum(i => values[i] * values[i]);
        (int, double)? best = null;
        foreach (var dimension in tried)
        {
            int[] order = [.. sample.OrderBy(i => points[i][dimension])];
            var left = 0.0;
            for (var k = 1; k < order.Length; k++)
            {
                left += values[order[k - 1]];
                var (before, after) = (points[order[k - 1]][dimension], points[order[k]][dimension]);
                if (before == after) continue;
                // The variance that is left falls as this rises.
                var explained = left * left / k + (total - left) * (total - left) / (order.Length - k);
                if (explained > most) (most, best) = (explained, (dimension, (before + after) / 2));
            }
        }
        return best;
    }

    /// <param name="Low">Lower bounds.</param>
    /// <param name="High">Upper bounds.</param>
    /// <param name="Value">Mean of what fell in.</param>
    internal sealed record Leaf(double[] Low, double[] High, double Value)
    {
        /// <summary>The leaf's share of the cube, or of the cube without one dimension.</summary>
        public double Volume(int without = -1)
        {
            var volume = 1.0;
            for (var i = 0; i < Low.Length; i++) if (i != without) volume *= High[i] - Low[i];
            return volume;
        }
    }
}
