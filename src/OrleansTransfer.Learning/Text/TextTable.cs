namespace OrleansTransfer.Learning.Text;

/// <summary>
/// Reads texts from a table: CSV (<c>.csv</c>), TSV (<c>.tsv</c>, <c>.tab</c>) whose first line names the columns, or one JSON object per line
/// (<c>.jsonl</c>, <c>.ndjson</c>); without labels also from a file with one text per line (<c>.txt</c>).
/// </summary>
public static class TextTable
{
    /// <summary>Why a row without a text cannot be used.</summary>
    internal const string EmptyText = "the text is empty";

    /// <summary>Reads labelled texts. Rows without a text or a label, or with too many or too few fields, are passed over and reported.</summary>
    /// <param name="labels">The labels in the wanted order; null for those in the file, in ordinal order.</param>
    /// <param name="columns">Names of the columns; null for <c>label</c> and <c>text</c>.</param>
    /// <exception cref="LearningException">
    /// The file is missing, no text or no such table; it has a label that <paramref name="labels"/> lacks, or lacks one of them; or there are fewer
    /// than two labels.
    /// </exception>
    public static TextDataset Read(string path, IReadOnlyList<string>? labels = null, TextColumns? columns = null)
    {
        columns ??= new();
        var file = Path.GetFullPath(path);
        if (IsLines(file))
            throw new LearningException($"'{file}' is a file of texts without labels. Expected a table (.csv, .tsv or .jsonl) with the columns "
                + $"'{columns.Label}' and '{columns.Text}'.");
        if (labels is not null && labels.Count < 2)
            throw new LearningException($"The list of labels has {labels.Count}, and a classifier needs at least two.");
        if (labels?.CountBy(label => label).FirstOrDefault(label => label.Value > 1) is { Value: > 1 } twice)
            throw new LearningException($"The list of labels has '{twice.Key}' more than once. Expected each label once.");
        var (rows, skipped, encoding) = Rows(file, columns.Label, columns.Text);
        var ordered = labels ?? [.. rows.Select(row => row.Label!).Distinct().Order(StringComparer.Ordinal)];
        if (ordered.Count < 2)
            throw new LearningException($"All {rows.Count} rows of '{file}' have one label, '{ordered[0]}', and a classifier needs at least two.");
        var places = ordered.Index().ToDictionary(label => label.Item, label => label.Index, StringComparer.Ordinal);
        var samples = rows.Select(row => new TextSample(row.Text, Place(file, places, row), row.Line)).ToList();
        var counts = samples.CountBy(sample => sample.Label).ToDictionary();
        foreach (var (index, label) in ordered.Index())
            if (!counts.ContainsKey(index))
                throw new LearningException($"No row of '{file}' has the label '{label}'. Add rows with it or leave it out of the labels.");
        return new(file, [.. ordered], samples, skipped) { Encoding = encoding };
    }

    /// <summary>
    /// Reads texts without labels: a file with one text per line, or a table, whose column of labels does not matter if it has one.
    /// </summary>
    /// <param name="columns">Names of the columns; null for <c>text</c>.</param>
    /// <exception cref="LearningException">The file is missing, no text or no such table, or has no text that can be used.</exception>
    public static TextDataset ReadUnlabelled(string path, TextColumns? columns = null)
    {
        var file = Path.GetFullPath(path);
        var (rows, skipped, encoding) = Rows(file, null, (columns ?? new()).Text);
        return new(file, [], [.. rows.Select(row => new TextSample(row.Text, 0, row.Line))], skipped) { Encoding = encoding };
    }

    /// <summary>Whether the file has one text per line and no labels.</summary>
    internal static bool IsLines(string file) => Path.GetExtension(file).Equals(".txt", StringComparison.OrdinalIgnoreCase);

    /// <summary>The rows that can be used and those that cannot, before labels are known; no labels where no column of them is named.</summary>
    internal static (List<TextRow> Rows, List<SkippedRow> Skipped, string Encoding) Rows(string file, string? label, string text)
    {
        var reader = Reader(file, label, text);
        var (content, encoding) = TextFile.Read(file);
        List<TextRow> rows = [];
        List<SkippedRow> skipped = [];
        foreach (var row in reader(content))
            if (Problem(row) is { } problem) skipped.Add(new(row.Line, problem));
            else rows.Add(row with { Label = row.Label?.Trim() });
        if (rows.Count > 0) return (rows, skipped, encoding);
        throw new LearningException(skipped.Count == 0
            ? $"'{file}' has no texts."
            : $"None of the {skipped.Count} rows of '{file}' can be used. The first is in line {skipped[0].Line}: {skipped[0].Reason}.");

        string? Problem(TextRow row) =>
            row.Problem ?? (string.IsNullOrWhiteSpace(row.Text) ? EmptyText
                : label is not null && string.IsNullOrWhiteSpace(row.Label) ? "the label is empty" : null);
    }

    // The name is judged before the file is opened: a model or a picture given by mistake is then refused at once.
    private static Func<string, IEnumerable<TextRow>> Reader(string file, string? label, string text)
    {
        var extension = Path.GetExtension(file).ToLowerInvariant();
        return extension switch
        {
            ".csv" => content => DelimitedRows.Read(file, content, tabs: false, label, text),
            ".tsv" or ".tab" => content => DelimitedRows.Read(file, content, tabs: true, label, text),
            ".jsonl" or ".ndjson" => content => JsonRows.Read(file, content, label, text),
            ".txt" when label is null => Lines,
            _ => throw new LearningException(
                $"The extension of '{file}' names no format of texts that is known: {(extension.Length == 0 ? "it has none" : $"'{extension}'")}. "
                + $"Expected .csv, .tsv or .jsonl{(label is null ? ", or .txt with one text per line" : "")}."),
        };
    }

    private static IEnumerable<TextRow> Lines(string content)
    {
        using var reader = new StringReader(content);
        for (var line = 1; reader.ReadLine() is { } text; line++)
            if (!string.IsNullOrWhiteSpace(text)) yield return new(line, null, text);
    }

    private static int Place(string file, Dictionary<string, int> places, TextRow row) =>
        places.TryGetValue(row.Label!, out var place) ? place : throw Unknown(file, places.Keys, row);

    private static LearningException Unknown(string file, IEnumerable<string> known, TextRow row)
    {
        var label = row.Label!.Length > 60 ? row.Label[..60] + "…" : row.Label;
        var meant = NearestName.Of(label, known) is { } near ? $" Did you mean '{near}'?" : "";
        return new($"'{file}', line {row.Line}: the label '{label}' is not known.{meant} Known labels: "
            + $"{string.Join(", ", known.Select(name => $"'{name}'"))}.");
    }
}
