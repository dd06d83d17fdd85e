using OrleansTransfer.Learning.Evaluation;

namespace OrleansTransfer.Learning.Training;

/// <summary>How the model stood towards the target domain at the end of an epoch; equal on every rank.</summary>
/// <param name="Epoch">From 0; <see cref="Start"/> for the model as it came.</param>
/// <param name="Scores">Of <see cref="Evaluation.Validators.UnsupervisedValidators.All"/>, in its order; higher is better, NaN where one cannot tell.</param>
/// <param name="Accuracy">On labelled target samples that are there for checking only; NaN without such.</param>
/// <param name="MacroF1">The same.</param>
public sealed record TargetEpoch(int Epoch, IReadOnlyList<double> Scores, double Accuracy, double MacroF1)
{
    /// <summary>The epoch of a finished model before its first step.</summary>
    public const int Start = -1;
}

/// <summary>What a finished run knows of the target domain.</summary>
/// <param name="History">Every epoch; of a finished model first the one it came with.</param>
/// <param name="PickedEpoch">The epoch, from 0, whose weights the run ends with; <see cref="TargetEpoch.Start"/> for the model as it came.</param>
/// <param name="Test">The final model on labelled target samples that are there for checking only; null without such.</param>
/// <param name="Source">The final model's outputs on held-out source samples; null without such.</param>
/// <param name="Target">Its outputs on target samples, in the data set's order.</param>
/// <param name="Before">Both domains in the plane, by the features of the network before the first step; null when not known.</param>
public sealed record TargetOutcome(
    IReadOnlyList<TargetEpoch> History,
    int PickedEpoch,
    ClassificationReport? Test,
    SampleOutputs? Source,
    SampleOutputs Target,
    DomainMap? Before);
