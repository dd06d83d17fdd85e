namespace OrleansTransfer.Learning.Text;

/// <summary>What is worth knowing of a table of texts before training on it.</summary>
/// <param name="Path">Absolute path of the file.</param>
/// <param name="Encoding">Name of the encoding by which it was read.</param>
/// <param name="Labels">The label map in ordinal order, with counts; empty where there are no labels.</param>
/// <param name="Texts">Texts that can be used.</param>
/// <param name="Imbalance">Most texts of a label / fewest texts of a label; 1 where there are no labels.</param>
/// <param name="Empty">Rows whose text is empty.</param>
/// <param name="Skipped">All rows that cannot be used, those included, and why.</param>
/// <param name="Duplicates">Groups of rows with the same text, white space at its ends aside.</param>
/// <param name="Words">Lengths of the texts in words between white space.</param>
/// <param name="Characters">Lengths of the texts in Unicode characters.</param>
/// <param name="Remark">Why labels are not told of although the table might have some; null where nothing is to be said.</param>
public sealed record TextInspection(
    string Path,
    string Encoding,
    IReadOnlyList<TextLabelCount> Labels,
    int Texts,
    double Imbalance,
    int Empty,
    IReadOnlyList<SkippedRow> Skipped,
    IReadOnlyList<DuplicateRows> Duplicates,
    LengthQuantiles Words,
    LengthQuantiles Characters,
    string? Remark)
{
    /// <summary>Those duplicates that carry two or more different labels: at least one of them is wrong.</summary>
    public IReadOnlyList<DuplicateRows> Contradictions => [.. Duplicates.Where(group => group.Labels.Count > 1)];

    /// <summary>Reads every row. That there is one label only, or none, is a finding here and no error.</summary>
    /// <param name="path">A file of texts of any kind that <see cref="TextTable"/> reads.</param>
    /// <exception cref="LearningException">The file is missing, no text or no such table, or has no text that can be used.</exception>
    public static TextInspection Of(string path, TextColumns? columns = null)
    {
        columns ??= new();
        var file = System.IO.Path.GetFullPath(path);
        string? remark = null;
        (IReadOnlyList<TextRow> Rows, IReadOnlyList<SkippedRow> Skipped, string Encoding) found;
        try
        {
            found = TextTable.Rows(file, TextTable.IsLines(file) ? null : columns.Label, columns.Text);
        }
        catch (LearningException e) when (File.Exists(file))
        {
            // What is wrong with more than the labels is thrown again.
            found = TextTable.Rows(file, null, columns.Text);
            remark = e.Message;
        }
        var (rows, skipped, encoding) = found;
        var counts = rows.Where(row => row.Label is not null).CountBy(row => row.Label!).OrderBy(count => count.Key, StringComparer.Ordinal).ToList();
        var duplicates = rows.GroupBy(row => row.Text.Trim(), StringComparer.Ordinal).Where(group => group.Count() > 1)
            .Select(group => new DuplicateRows(
                group.Key, [.. group.Select(row => row.Line)],
                [.. group.Select(row => row.Label).OfType<string>().Distinct().Order(StringComparer.Ordinal)]));
        return new(
            file, encoding, [.. counts.Select((count, index) => new TextLabelCount(index, count.Key, count.Value))], rows.Count,
            counts.Count == 0 ? 1 : (double)counts.Max(count => count.Value) / counts.Min(count => count.Value),
            skipped.Count(row => row.Reason == TextTable.EmptyText), skipped, [.. duplicates],
            LengthQuantiles.Of(rows.Select(row => row.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length)),
            LengthQuantiles.Of(rows.Select(row => row.Text.EnumerateRunes().Count())), remark);
    }
}

/// <summary>One line of the label map.</summary>
/// <param name="Index">What the network calls the label.</param>
/// <param name="Label">What people call it.</param>
/// <param name="Texts">Texts that can be used.</param>
public sealed record TextLabelCount(int Index, string Label, int Texts);

/// <summary>Rows with the same text, by their lines from 1, and the labels they carry.</summary>
public sealed record DuplicateRows(string Text, IReadOnlyList<int> Lines, IReadOnlyList<string> Labels);

/// <summary>Lengths that a share of the texts does not exceed: the shortest, half of them, nine in ten, 99 in a hundred, the longest.</summary>
public sealed record LengthQuantiles(int Min, int Median, int NineTenths, int NinetyNineHundredths, int Max)
{
    internal static LengthQuantiles Of(IEnumerable<int> lengths)
    {
        var sorted = lengths.Order().ToArray();
        return new(sorted[0], At(0.5), At(0.9), At(0.99), sorted[^1]);

        int At(double share) => sorted[(int)Math.Ceiling(share * sorted.Length) - 1];
    }
}
