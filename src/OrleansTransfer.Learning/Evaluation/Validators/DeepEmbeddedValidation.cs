namespace OrleansTransfer.Learning.Evaluation.Validators;

/// <summary>
/// Deep embedded validation (You and others, ICML 2019): the error on held-out source samples, each weighted by how likely its features are in the
/// target over how likely in the source, with a control variate against the weights' variance. The ratio comes from a domain classifier that is
/// cross-fitted, so that no sample is weighted by a classifier that has seen it. The score is minus the risk.
/// </summary>
public sealed class DeepEmbeddedValidation : IUnsupervisedValidator
{
    private const int MostSamples = 1000;

    /// <inheritdoc/>
    public string Name => "dev";

    /// <inheritdoc/>
    public string Summary => "deep embedded validation: minus the source error, weighted by likeness to the target";

    /// <inheritdoc/>
    public double Score(ValidatorInput input)
    {
        if (input.Source is null) return double.NaN;
        var (source, target) = (input.Source.AtMost(MostSamples), input.Target.AtMost(MostSamples));
        if (source.Count < 4 || target.Count < 4) return double.NaN;
        var predictions = source.Predictions;
        var errors = source.Labels.Select((label, i) => predictions[i] == label ? 0.0 : 1.0).ToArray();
        var ratios = DomainClassifier.CrossFittedDensityRatios(source.Features, target.Features);

        var (meanRatio, weighted) = (ratios.Average(), ratios.Zip(errors, (ratio, error) => ratio * error).ToArray());
        var meanWeighted = weighted.Average();
        var variance = ratios.Average(ratio => (ratio - meanRatio) * (ratio - meanRatio));
        var covariance = ratios.Zip(weighted, (ratio, value) => (ratio - meanRatio) * (value - meanWeighted)).Average();
        var eta = variance < 1e-12 ? 0 : -covariance / variance;
        return -(meanWeighted + eta * meanRatio - eta);
    }
}
