namespace OrleansTransfer.Learning.Evaluation.Validators;

/// <summary>Accuracy on held-out source samples: what one has without looking at the target at all.</summary>
public sealed class SourceAccuracy : IUnsupervisedValidator
{
    /// <inheritdoc/>
    public string Name => "source-accuracy";

    /// <inheritdoc/>
    public string Summary => "accuracy on held-out source samples";

    /// <inheritdoc/>
    public double Score(ValidatorInput input) =>
        input.Source is not { Count: > 0 } source ? double.NaN
            : source.Predictions.Zip(source.Labels, (p, label) => p == label ? 1.0 : 0.0).Average();
}
