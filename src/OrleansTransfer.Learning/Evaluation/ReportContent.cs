using OrleansTransfer.Learning.Data;

namespace OrleansTransfer.Learning.Evaluation;

/// <summary>What a run's report shows.</summary>
/// <param name="Title">Usually the experiment's name.</param>
/// <param name="Labels">Label names in index order.</param>
/// <param name="Evaluation">The final evaluation on validation samples; null without such.</param>
/// <param name="Epochs">The course of the training, in order; may be empty.</param>
/// <param name="Recipe">The resolved recipe as text.</param>
/// <param name="Provenance">Names and values, in order: where weights, data and program came from.</param>
/// <param name="Broken">Files of the data set that were passed over.</param>
public sealed record ReportContent(
    string Title,
    IReadOnlyList<string> Labels,
    ClassificationReport? Evaluation,
    IReadOnlyList<EpochPoint> Epochs,
    string Recipe,
    IReadOnlyList<KeyValuePair<string, string>> Provenance,
    IReadOnlyList<BrokenFile> Broken)
{
    /// <summary>The target domain; null where there is none.</summary>
    public TargetContent? Target { get; init; }
}

/// <summary>How the model stood at the end of an epoch; a value that is not known is NaN.</summary>
/// <param name="Epoch">The epoch, from 0.</param>
/// <param name="Phase">Name of the phase it belonged to.</param>
/// <param name="TrainingLoss">Mean over the epoch's steps, in nats.</param>
/// <param name="ValidationLoss">Mean over the validation samples, in nats.</param>
/// <param name="Accuracy">Share of validation samples judged rightly, 0 to 1.</param>
public sealed record EpochPoint(int Epoch, string Phase, double TrainingLoss, double ValidationLoss, double Accuracy);
