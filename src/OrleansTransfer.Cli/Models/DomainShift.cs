using OrleansTransfer.Learning;
using OrleansTransfer.Learning.Evaluation;

namespace OrleansTransfer.Cli.Models;

/// <summary>How far another domain lies from the one that a model is evaluated on, as the model sees them.</summary>
/// <param name="ProxyADistance">0 when a classifier of the model's features cannot tell the domains apart, 2 when it always can.</param>
/// <param name="Samples">Samples of the other domain.</param>
/// <param name="Accuracy">On the other domain; null when its labels are not known.</param>
/// <param name="MeanConfidence">Mean probability of the likeliest label, on the other domain.</param>
/// <param name="PredictedShares">Share of the other domain's samples that each label was given to.</param>
/// <param name="Remarks">What is strange about the other domain.</param>
internal sealed record DomainShift(
    double ProxyADistance,
    int Samples,
    double? Accuracy,
    double MeanConfidence,
    IReadOnlyDictionary<string, double> PredictedShares,
    IReadOnlyList<string> Remarks)
{
    private const int MostSamples = 2000, FewestSamples = 10;

    /// <summary>Compares the two domains.</summary>
    /// <exception cref="CliException">There are too few samples to compare.</exception>
    public static DomainShift Measure(TrainedModel model, LabelledSamples source, string path, CancellationToken cancellationToken)
    {
        var target = LabelledSamples.ReadUnlabelled(model, path, cancellationToken);
        if (Math.Min(source.Count, target.Count) < FewestSamples)
            throw new CliException(
                $"{source.Count} samples of the one domain and {target.Count} of the other are too few to compare; {FewestSamples} of each are needed.");
        var (ofSource, ofTarget) = (source.Outputs(model, MostSamples, cancellationToken), target.Outputs(model, MostSamples, cancellationToken));
        var shares = TargetRemarks.Shares(ofTarget.Predictions, model.Labels.Count);
        return new(
            DomainClassifier.ProxyADistance(ofSource.Features, ofTarget.Features),
            target.Count,
            Labelled(model, path, cancellationToken)?.Judge(model, cancellationToken).Accuracy,
            ofTarget.Probabilities.Average(row => row.Max()),
            model.Labels.Index().ToDictionary(label => label.Item, label => shares[label.Index]),
            TargetRemarks.Of(ofSource, ofTarget, model.Labels));
    }

    // A domain may have labels or not; that it has none that the model knows is no error here.
    private static LabelledSamples? Labelled(TrainedModel model, string path, CancellationToken cancellationToken)
    {
        try
        {
            return LabelledSamples.Read(model, path, cancellationToken);
        }
        catch (Exception error) when (error is CliException or LearningException)
        {
            return null;
        }
    }
}
