using System.Text.Json.Serialization;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>
/// The samples of a run and their split, fixed when the recipe was accepted. Every worker of every attempt reads this instead of looking into the
/// folder again: all agree on it even when files come and go.
/// </summary>
/// <param name="Labels">Label names in index order.</param>
/// <param name="TrainRoot">Folder that the training paths are relative to; for texts the table. Empty without data of the source.</param>
/// <param name="Train">Training samples in order; none where a finished model is adapted without data of the source.</param>
/// <param name="ValidationRoot">Folder that the validation paths are relative to; for texts the table. Empty without data of the source.</param>
/// <param name="Validation">Validation samples in order; none without data of the source.</param>
/// <param name="Broken">Files passed over.</param>
public sealed record DatasetIndex(
    IReadOnlyList<string> Labels,
    string TrainRoot,
    IReadOnlyList<IndexedSample> Train,
    string ValidationRoot,
    IReadOnlyList<IndexedSample> Validation,
    IReadOnlyList<BrokenFile> Broken)
{
    /// <summary>Pictures of the target domain; null where there is none.</summary>
    public TargetIndex? Target { get; init; }

    /// <summary>
    /// What the pictures that are learned from look like: the training pictures, or without such the target's. Null for texts.
    /// </summary>
    public PictureSurvey? Survey { get; init; }

    /// <summary>Whether there are labelled samples to train on and to validate with.</summary>
    [JsonIgnore]
    public bool HasSource => Train.Count > 0;

    /// <summary>Samples that an epoch passes through: the training samples, or without such the target's.</summary>
    [JsonIgnore]
    public int EpochSamples => HasSource ? Train.Count : Target?.Samples.Count ?? 0;

    /// <summary>Every folder or table that samples are read from.</summary>
    [JsonIgnore]
    public IEnumerable<string> Roots =>
        new[] { TrainRoot, ValidationRoot, Target?.Root ?? "", Target?.TestRoot ?? "" }.Where(root => root.Length > 0).Distinct();

    /// <summary>The index of a target domain alone, whose labels a finished model decides.</summary>
    public static DatasetIndex Of(IReadOnlyList<string> labels, TargetIndex target) => new(labels, "", [], "", [], []) { Target = target };

    /// <summary>Reads an experiment's index.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public static Task<DatasetIndex> ReadAsync(IBlobContainer container, string experiment, CancellationToken cancellationToken) =>
        ExperimentDocument.ReadAsync<DatasetIndex>(
            container, BlobLayout.Dataset(experiment), "the experiment's index of samples is gone", cancellationToken);

    /// <summary>Stores the index of a new experiment.</summary>
    public Task WriteAsync(IBlobContainer container, string experiment, CancellationToken cancellationToken) =>
        ExperimentDocument.WriteAsync(container, BlobLayout.Dataset(experiment), this, cancellationToken);
}

/// <summary>The target domain of a run.</summary>
/// <param name="Root">Folder that the paths are relative to.</param>
/// <param name="Samples">Samples without labels, in order.</param>
/// <param name="TestRoot">Folder that the paths of the labelled samples are relative to.</param>
/// <param name="Test">Labelled samples for checking; empty for none.</param>
/// <param name="Remarks">What is worth saying of the data: files passed over, labels that are not looked at, other colours than the source's.</param>
public sealed record TargetIndex(
    string Root, IReadOnlyList<IndexedSample> Samples, string TestRoot, IReadOnlyList<IndexedSample> Test, IReadOnlyList<string> Remarks);

/// <summary>One sample.</summary>
/// <param name="Item">Path of a picture relative to its root, with forward slashes; or a text itself.</param>
/// <param name="Label">Index into the labels; of no meaning in a target domain.</param>
public sealed record IndexedSample(string Item, int Label);
