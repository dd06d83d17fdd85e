using OrleansTransfer.Tuning.Numerics;

namespace OrleansTransfer.Tuning.Sampling.GaussianProcesses;

/// <summary>
/// Makes losses fit for a Gaussian process. The better half keeps its distances; of the worse half, which may be worse by any factor, only the order
/// counts, and it takes the distances that a normal distribution with the better half's spread would give it (half-rank warping; Song and others,
/// "The Vizier Gaussian process bandit algorithm", arXiv 2408.11527, section 3.2). Infinite losses are the worst. Then the mean is 0 and the variance
/// 1.
/// </summary>
internal static class Warping
{
    public static double[] Of(double[] losses)
    {
        var order = Enumerable.Range(0, losses.Length).OrderBy(i => losses[i]).ThenBy(i => i).ToArray();
        var finite = losses.Count(double.IsFinite);
        if (finite == 0) return new double[losses.Length];
        var middle = (finite - 1) / 2;
        var median = losses[order[middle]];
        var spread = Math.Sqrt(order.Take(middle + 1).Average(i => Math.Pow(losses[i] - median, 2)));
        if (!(spread > 0)) spread = order.Take(finite).Select(i => Math.Abs(losses[i] - median)).Where(off => off > 0).DefaultIfEmpty(1).Min();
        var warped = new double[losses.Length];
        var (rank, previous) = (0, double.NaN);
        for (var position = 0; position < order.Length; position++)
        {
            var loss = losses[order[position]];
            if (loss != previous) rank = position;
            previous = loss;
            // The median's own rank is in the middle, so that the halves join.
            var quantile = 0.5 + 0.5 * (rank - middle) / (losses.Length - middle);
            warped[order[position]] = loss <= median ? loss : median + spread * Normal.Quantile(quantile);
        }
        return Standardise(warped);
    }

    private static double[] Standardise(double[] values)
    {
        var mean = values.Average();
        var deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        return [.. values.Select(value => deviation > 0 ? (value - mean) / deviation : 0)];
    }
}
