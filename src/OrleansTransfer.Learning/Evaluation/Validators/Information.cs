namespace OrleansTransfer.Learning.Evaluation.Validators;

/// <summary>Entropies of predictions, in nats.</summary>
internal static class Information
{
    /// <summary>Mean entropy of the samples' own distributions.</summary>
    public static double MeanEntropy(SampleOutputs outputs) => outputs.Probabilities.Average(Entropy);

    /// <summary>Mean of the samples' distributions: the share of each class, softly counted.</summary>
    public static double[] Marginal(SampleOutputs outputs)
    {
        var mean = new double[outputs.Classes];
        foreach (var row in outputs.Probabilities)
            for (var k = 0; k < mean.Length; k++) mean[k] += row[k] / outputs.Count;
        return mean;
    }

    /// <summary>Entropy of a distribution.</summary>
    public static double Entropy(IEnumerable<double> distribution) => -distribution.Where(p => p > 0).Sum(p => p * Math.Log(p));
}
