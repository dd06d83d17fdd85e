namespace OrleansTransfer.Learning.Text;

/// <summary>One text.</summary>
/// <param name="Text">As the file has it.</param>
/// <param name="Label">Index into <see cref="TextDataset.Labels"/>; 0 and of no meaning in a data set without labels.</param>
/// <param name="Line">Line of the file on which its row begins, from 1.</param>
public sealed record TextSample(string Text, int Label, int Line);

/// <summary>A row that was found among the texts and cannot be used.</summary>
/// <param name="Line">Line of the file on which it begins, from 1.</param>
/// <param name="Reason">In words, for instance <c>the text is empty</c>.</param>
public sealed record SkippedRow(int Line, string Reason);

/// <summary>The texts of one file. The order of the samples is part of the data set: samplers index into it.</summary>
/// <param name="Path">Absolute path of the file.</param>
/// <param name="Labels">Label names; a sample's label is an index into this list. Empty for a data set without labels.</param>
/// <param name="Samples">Usable texts, in the order of the file.</param>
/// <param name="Skipped">Rows that were passed over.</param>
public sealed record TextDataset(string Path, IReadOnlyList<string> Labels, IReadOnlyList<TextSample> Samples, IReadOnlyList<SkippedRow> Skipped)
{
    /// <summary>Name of the encoding by which the file was read: <c>utf-8</c> unless the file is in another.</summary>
    public string Encoding { get; init; } = "utf-8";
}
