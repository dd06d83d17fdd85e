namespace OrleansTransfer.Learning.Evaluation;

/// <summary>What a network in evaluation mode makes of some samples.</summary>
/// <param name="Logits">One row of K per sample.</param>
/// <param name="Features">One row of F penultimate features per sample.</param>
/// <param name="Labels">Label of each sample; of no meaning where there are none.</param>
public sealed record SampleOutputs(float[][] Logits, float[][] Features, int[] Labels)
{
    private double[][]? _probabilities;

    /// <summary>Number of samples.</summary>
    public int Count => Logits.Length;

    /// <summary>Number of classes K.</summary>
    public int Classes => Count == 0 ? 0 : Logits[0].Length;

    /// <summary>Softmax of the logits.</summary>
    public double[][] Probabilities => _probabilities ??= [.. Logits.Select(Softmax)];

    /// <summary>Index of each sample's highest logit.</summary>
    public int[] Predictions => [.. Logits.Select(row => Array.IndexOf(row, row.Max()))];

    /// <summary>The samples at some places.</summary>
    public SampleOutputs At(IReadOnlyList<int> places) =>
        new([.. places.Select(i => Logits[i])], [.. places.Select(i => Features[i])], [.. places.Select(i => Labels[i])]);

    /// <summary>At most so many samples, evenly spaced over all.</summary>
    public SampleOutputs AtMost(int count) =>
        Count <= count ? this : At([.. Enumerable.Range(0, count).Select(i => (int)((long)i * Count / count))]);

    private static double[] Softmax(float[] logits)
    {
        var highest = logits.Max();
        var exponentials = logits.Select(logit => Math.Exp(logit - highest)).ToArray();
        var sum = exponentials.Sum();
        return [.. exponentials.Select(value => value / sum)];
    }
}
