namespace OrleansTransfer.Learning.Evaluation;

/// <summary>What a report shows of a target domain without labels.</summary>
/// <param name="Method">The adaptation method.</param>
/// <param name="Validator">Which score picked the epoch.</param>
/// <param name="PickedEpoch">From 0; -1 for a finished model as it came.</param>
/// <param name="Epochs">Every epoch's scores, and its accuracy where labels exist for checking (NaN otherwise).</param>
/// <param name="Source">The final model's outputs on held-out source samples; null without such.</param>
/// <param name="Target">Its outputs on target samples.</param>
/// <param name="Paths">File of each of those target samples.</param>
/// <param name="Test">The final model on labelled target samples that are there for checking; null without such.</param>
/// <param name="Before">Both domains, or the target where there is no source, before training; null when not known.</param>
/// <param name="Remarks">What is strange about the target.</param>
public sealed record TargetContent(
    string Method,
    string Validator,
    int PickedEpoch,
    IReadOnlyList<TargetPoint> Epochs,
    SampleOutputs? Source,
    SampleOutputs Target,
    IReadOnlyList<string> Paths,
    ClassificationReport? Test,
    DomainMap? Before,
    IReadOnlyList<string> Remarks);

/// <summary>An epoch's figures on the target.</summary>
/// <param name="Epoch">From 0; -1 for a finished model as it came.</param>
/// <param name="Scores">Of <see cref="Validators.UnsupervisedValidators.All"/>, in its order.</param>
/// <param name="Accuracy">On labelled target samples; NaN without such.</param>
/// <param name="Phase">Name of the phase that it belongs to.</param>
public sealed record TargetPoint(int Epoch, IReadOnlyList<double> Scores, double Accuracy, string Phase);
