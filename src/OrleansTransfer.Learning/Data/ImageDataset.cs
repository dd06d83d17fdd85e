namespace OrleansTransfer.Learning.Data;

/// <summary>One labelled picture.</summary>
/// <param name="Path">Path relative to the data set's root, with forward slashes.</param>
/// <param name="Label">Index into <see cref="ImageDataset.Labels"/>.</param>
public sealed record ImageSample(string Path, int Label);

/// <summary>A file that was found among the pictures and cannot be used.</summary>
/// <param name="Path">Path relative to the root.</param>
/// <param name="Reason">In words, for instance <c>not an image</c> or <c>truncated JPEG: 1 of 256 rows missing</c>.</param>
public sealed record BrokenFile(string Path, string Reason);

/// <summary>Labelled pictures below one folder. The order of the samples is part of the data set: samplers index into it.</summary>
/// <param name="Root">Absolute path of the folder.</param>
/// <param name="Labels">Label names; a sample's label is an index into this list.</param>
/// <param name="Samples">Usable pictures, ordered by label and then by ordinal path.</param>
/// <param name="Broken">Files that were passed over.</param>
public sealed record ImageDataset(string Root, IReadOnlyList<string> Labels, IReadOnlyList<ImageSample> Samples, IReadOnlyList<BrokenFile> Broken);
