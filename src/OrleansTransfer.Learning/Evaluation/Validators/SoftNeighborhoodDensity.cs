namespace OrleansTransfer.Learning.Evaluation.Validators;

/// <summary>
/// Soft neighbourhood density (Saito and others, arXiv 2108.10860): target predictions, scaled to unit length, are compared with each other; the mean
/// entropy of each sample's softmax over its similarities to the others, at temperature 0.05, is high where samples lie in dense groups.
/// </summary>
public sealed class SoftNeighborhoodDensity : IUnsupervisedValidator
{
    // The comparison is quadratic.
    private const int MostSamples = 2000;
    private const double Temperature = 0.05;

    /// <inheritdoc/>
    public string Name => "snd";

    /// <inheritdoc/>
    public string Summary => "soft neighbourhood density of target predictions";

    /// <inheritdoc/>
    public double Score(ValidatorInput input)
    {
        var rows = input.Target.AtMost(MostSamples).Probabilities.Select(UnitLength).ToArray();
        if (rows.Length < 3) return double.NaN;
        var entropies = new double[rows.Length];
        Parallel.For(0, rows.Length, i =>
        {
            // Entropy of a softmax: log of its denominator less the mean of its exponents.
            double sum = 0, weighted = 0;
            for (var j = 0; j < rows.Length; j++)
            {
                if (j == i) continue;
                var exponent = (Dot(rows[i], rows[j]) - 1) / Temperature;
                var exponential = Math.Exp(exponent);
                sum += exponential;
                weighted += exponential * exponent;
            }
            entropies[i] = Math.Log(sum) - weighted / sum;
        });
        return entropies.Average();
    }

    private static double[] UnitLength(double[] row)
    {
        var length = Math.Sqrt(Dot(row, row));
        return [.. row.Select(value => value / length)];
    }

    private static double Dot(double[] left, double[] right)
    {
        double sum = 0;
        for (var k = 0; k < left.Length; k++) sum += left[k] * right[k];
        return sum;
    }
}
