using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;

namespace OrleansTransfer.Learning.Text;

/// <summary>
/// Rows of a table whose first line names the columns: CSV with the quoting of RFC 4180, divided by commas or, as some spreadsheets write it, by
/// semicolons; or TSV, which has no quoting, so that a quote is a character like any other.
/// </summary>
internal static class DelimitedRows
{
    /// <summary>The rows of <paramref name="content"/>.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="tabs">Whether it is TSV.</param>
    /// <param name="label">Name of the column of labels; null to read the texts alone.</param>
    /// <exception cref="LearningException">There is no header, a column is missing or is there twice, or a quote is never closed.</exception>
    public static IEnumerable<TextRow> Read(string path, string content, bool tabs, string? label, string text)
    {
        string? malformed = null;
        var configuration = new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = tabs ? "\t" : Separator(content),
            Mode = tabs ? CsvMode.NoEscape : CsvMode.RFC4180,
            IgnoreBlankLines = false,
            BadDataFound = arguments => malformed = arguments.Field,
        };
        using var parser = new CsvParser(new StringReader(content), configuration);
        string[]? header = null;
        var (labelAt, textAt) = (-1, -1);
        for (var line = 1; parser.Read(); line = parser.RawRow + 1)
        {
            var fields = parser.Record!;
            if (malformed is not null && IsOpen(malformed))
                throw new LearningException(
                    $"'{path}', line {line}: a quoted field begins in this row and is never closed. Close it, or, if the quote is part of the text, "
                    + "quote the whole field and double the quote (\"\"), or save the table as TSV.");
            malformed = null;
            if (fields is [var only] && string.IsNullOrWhiteSpace(only)) continue;
            if (header is null)
            {
                header = fields;
                textAt = TextColumns.Find(path, line, header, text);
                labelAt = label is null ? -1 : TextColumns.Find(path, line, header, label);
            }
            else if (fields.Length != header.Length)
            {
                var found = fields.Length == 1 ? "1 field" : $"{fields.Length} fields";
                yield return TextRow.Broken(line, $"the row has {found}, the header {header.Length}");
            }
            else
            {
                yield return new(line, labelAt < 0 ? null : fields[labelAt], fields[textAt]);
            }
        }
        if (header is null) throw new LearningException($"'{path}' is empty. Expected a table whose first line names its columns.");
    }

    // The parser reports a field as malformed also when text stands before or after its quotes; such a field is read as it is.
    private static bool IsOpen(string field) => field.StartsWith('"') && field.Count(character => character == '"') % 2 == 1;

    private static string Separator(string content)
    {
        var header = content.AsSpan();
        if (header.IndexOfAny('\r', '\n') is >= 0 and var end) header = header[..end];
        return header.Count(';') > header.Count(',') ? ";" : ",";
    }
}
