namespace OrleansTransfer.Learning.Data;

/// <summary>What is worth knowing of labelled pictures, in a folder or in a pair of IDX files, before training on them.</summary>
/// <param name="Root">Absolute path of the folder.</param>
/// <param name="Labels">The label map: labels in index order, with their counts of usable and broken files; empty for IDX pictures alone.</param>
/// <param name="Samples">Usable pictures.</param>
/// <param name="Imbalance">Most pictures of a label / fewest pictures of a label; infinite when a label has none, 1 without labels.</param>
/// <param name="Broken">Files that cannot be used, and why.</param>
/// <param name="Duplicates">Groups of files with the same bytes.</param>
/// <param name="Width">Widths in pixels.</param>
/// <param name="Height">Heights in pixels.</param>
/// <param name="Formats">Usable pictures by file format, the most frequent first.</param>
public sealed record DatasetInspection(
    string Root,
    IReadOnlyList<LabelCount> Labels,
    int Samples,
    double Imbalance,
    IReadOnlyList<BrokenFile> Broken,
    IReadOnlyList<DuplicateGroup> Duplicates,
    SizeRange Width,
    SizeRange Height,
    IReadOnlyList<FormatCount> Formats)
{
    /// <summary>Those duplicates that carry two or more different labels: at least one of them is wrong.</summary>
    public IReadOnlyList<DuplicateGroup> Contradictions => [.. Duplicates.Where(group => group.Labels.Count > 1)];

    /// <summary>Reads and decodes every file; a label without usable pictures is a finding here, not an error.</summary>
    /// <inheritdoc cref="ImageFolder.Scan"/>
    public static DatasetInspection Of(
        string root, IReadOnlyList<string>? labels, CancellationToken cancellationToken, IProgress<int>? progress = null)
    {
        var (dataset, facts) = ImageFolder.Examine(root, labels, cancellationToken, progress);
        var broken = dataset.Broken.ToLookup(file => file.Path[..file.Path.IndexOf('/')]);
        var counts = new int[dataset.Labels.Count];
        if (counts.Length > 0)
            foreach (var sample in dataset.Samples) counts[sample.Label]++;
        var duplicates = dataset.Samples.Zip(facts)
            .GroupBy(pair => pair.Second.Sha256, pair => pair.First)
            .Where(group => group.Count() > 1)
            .Select(group => new DuplicateGroup(
                [.. group.Select(sample => sample.Path)],
                counts.Length == 0 ? [] : [.. group.Select(sample => sample.Label).Distinct().Order().Select(label => dataset.Labels[label])]));
        return new(
            dataset.Root,
            [.. dataset.Labels.Select((label, index) => new LabelCount(index, label, counts[index], broken[label].Count()))],
            dataset.Samples.Count,
            counts.Length == 0 ? 1 : counts.Min() == 0 ? double.PositiveInfinity : (double)counts.Max() / counts.Min(),
            dataset.Broken,
            [.. duplicates],
            SizeRange.Of(facts.Select(fact => fact.Width)),
            SizeRange.Of(facts.Select(fact => fact.Height)),
            [.. facts.CountBy(fact => fact.Format).OrderByDescending(format => format.Value).ThenBy(format => format.Key, StringComparer.Ordinal)
                .Select(format => new FormatCount(format.Key, format.Value))]);
    }
}

/// <summary>One line of the label map.</summary>
/// <param name="Index">What the network calls the label.</param>
/// <param name="Label">What people call it.</param>
/// <param name="Samples">Usable pictures.</param>
/// <param name="Broken">Files that cannot be used.</param>
public sealed record LabelCount(int Index, string Label, int Samples, int Broken);

/// <summary>Files with the same bytes, by paths relative to the root, and the labels they carry.</summary>
public sealed record DuplicateGroup(IReadOnlyList<string> Paths, IReadOnlyList<string> Labels);

/// <summary>Pictures of one file format.</summary>
public sealed record FormatCount(string Format, int Samples);

/// <summary>Smallest, middle (the lower of two) and largest of some lengths, in pixels; zeros when there are none.</summary>
public sealed record SizeRange(int Min, int Median, int Max)
{
    internal static SizeRange Of(IEnumerable<int> lengths)
    {
        var sorted = lengths.Order().ToArray();
        return sorted.Length == 0 ? new(0, 0, 0) : new(sorted[0], sorted[(sorted.Length - 1) / 2], sorted[^1]);
    }
}
