using OrleansTransfer.Learning.Compute;

namespace OrleansTransfer.Learning.Evaluation;

/// <summary>
/// Where a figure would lie had other samples of the same kind been judged: the percentile bootstrap (Efron and Tibshirani, "An introduction to the
/// bootstrap", 1993, section 13.3).
/// </summary>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public sealed record BootstrapInterval(double Low, double High)
{
    /// <summary>Share of the draws that lie in the interval.</summary>
    public const double Confidence = 0.95;

    // From so many samples on, a binomial draw is as good as a normal one.
    private const int Draws = 2000, Many = 10_000;

    /// <summary>The interval of a classifier's accuracy; the same for the same counts.</summary>
    /// <exception cref="ArgumentException">No sample was judged.</exception>
    public static BootstrapInterval OfAccuracy(ClassificationReport report)
    {
        if (report.Samples == 0) throw new ArgumentException("There are no samples.", nameof(report));

        var random = new SplitMix64(Seeds.Derive(report.Samples));
        var draws = new double[Draws];
        for (var draw = 0; draw < Draws; draw++) draws[draw] = Draw(report.Samples, report.Accuracy, ref random);
        Array.Sort(draws);
        return new(Percentile(draws, (1 - Confidence) / 2), Percentile(draws, (1 + Confidence) / 2));
    }

    // To draw samples with replacement is to draw so often whether one is right.
    private static double Draw(long samples, double accuracy, ref SplitMix64 random)
    {
        if (samples > Many) return Math.Clamp(accuracy + Math.Sqrt(accuracy * (1 - accuracy) / samples) * random.NextNormal(), 0, 1);
        var right = 0;
        for (var i = 0L; i < samples; i++)
            if (random.NextDouble() < accuracy) right++;
        return (double)right / samples;
    }

    private static double Percentile(double[] ascending, double share) => ascending[(int)Math.Round(share * (ascending.Length - 1))];
}
