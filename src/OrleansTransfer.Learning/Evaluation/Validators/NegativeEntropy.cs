namespace OrleansTransfer.Learning.Evaluation.Validators;

/// <summary>
/// Minus the mean entropy of target predictions (Morerio and others, arXiv 1711.10288). Blind to a model that calls everything the same.
/// </summary>
public sealed class NegativeEntropy : IUnsupervisedValidator
{
    /// <inheritdoc/>
    public string Name => "entropy";

    /// <inheritdoc/>
    public string Summary => "minus the mean entropy of target predictions";

    /// <inheritdoc/>
    public double Score(ValidatorInput input) => -Information.MeanEntropy(input.Target);
}
