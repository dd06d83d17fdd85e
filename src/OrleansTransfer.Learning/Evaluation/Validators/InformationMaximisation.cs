namespace OrleansTransfer.Learning.Evaluation.Validators;

/// <summary>
/// Mutual information of samples and predictions: entropy of the mean prediction less mean entropy of predictions. High when every sample is decided
/// and all classes occur (Shi and Sha, arXiv 1206.6438; as a validator in Musgrave and others, arXiv 2111.15672).
/// </summary>
public sealed class InformationMaximisation : IUnsupervisedValidator
{
    /// <inheritdoc/>
    public string Name => "im";

    /// <inheritdoc/>
    public string Summary => "information maximisation: each sample decided, all classes in use";

    /// <inheritdoc/>
    public double Score(ValidatorInput input) => Information.Entropy(Information.Marginal(input.Target)) - Information.MeanEntropy(input.Target);
}
