namespace OrleansTransfer.Learning.Evaluation.Validators;

/// <summary>What a validator may look at: never a label of the target.</summary>
/// <param name="Source">Labelled source samples that the model was not trained on; null where there are none.</param>
/// <param name="Target">Target samples; their labels are of no meaning.</param>
public sealed record ValidatorInput(SampleOutputs? Source, SampleOutputs Target);

/// <summary>
/// Judges a model of an unlabelled domain, so that one of several epochs, methods or settings can be chosen without labels. A pure function; scores
/// of one validator can be compared with each other only.
/// </summary>
public interface IUnsupervisedValidator
{
    /// <summary>The name in recipes.</summary>
    string Name { get; }

    /// <summary>What it measures, in a sentence.</summary>
    string Summary { get; }

    /// <summary>The score; higher is better. NaN when it cannot be told.</summary>
    double Score(ValidatorInput input);
}
