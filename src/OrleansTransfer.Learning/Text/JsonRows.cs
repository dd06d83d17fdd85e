using System.Text.Json;

namespace OrleansTransfer.Learning.Text;

/// <summary>Rows of a file with one JSON object per line.</summary>
internal static class JsonRows
{
    /// <summary>The rows of <paramref name="content"/>. A line that is no object, or lacks a column, is a broken row.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="label">Name of the column of labels; null to read the texts alone.</param>
    /// <exception cref="LearningException">The first object lacks a column.</exception>
    public static IEnumerable<TextRow> Read(string path, string content, string? label, string text)
    {
        var (number, first) = (0, true);
        foreach (var line in content.EnumerateLines())
        {
            number++;
            if (string.IsNullOrWhiteSpace(line)) continue;
            var row = Parse(line, out var problem);
            if (row is null)
            {
                yield return TextRow.Broken(number, problem);
                continue;
            }
            using (row)
            {
                var properties = row.RootElement.EnumerateObject().ToList();
                if (first)
                {
                    var names = properties.Select(property => property.Name).ToList();
                    _ = TextColumns.Find(path, number, names, text);
                    if (label is not null) _ = TextColumns.Find(path, number, names, label);
                    first = false;
                }
                yield return Row(number, properties, label, text);
            }
        }
        if (number == 0 || content.All(char.IsWhiteSpace))
            throw new LearningException($"'{path}' is empty. Expected one JSON object per line.");
    }

    private static JsonDocument? Parse(string line, out string problem)
    {
        problem = "the line is not a JSON object";
        try
        {
            var row = JsonDocument.Parse(line);
            if (row.RootElement.ValueKind == JsonValueKind.Object) return row;
            row.Dispose();
        }
        catch (JsonException exception)
        {
            problem = $"the line is not JSON, from character {exception.BytePositionInLine + 1} on";
        }
        return null;
    }

    private static TextRow Row(int line, List<JsonProperty> properties, string? label, string text)
    {
        string? labelValue = null;
        if (label is not null)
        {
            if (Value(label) is not { } element) return TextRow.Broken(line, $"the object has no '{label}'");
            labelValue = element.ValueKind switch
            {
                JsonValueKind.String => String(element),
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => element.GetRawText(),
                JsonValueKind.Null => "",
                _ => null,
            };
            if (labelValue is null) return TextRow.Broken(line, $"'{label}' is neither a string nor a number");
        }
        if (Value(text) is not { } content) return TextRow.Broken(line, $"the object has no '{text}'");
        if (content.ValueKind == JsonValueKind.Null) return new(line, labelValue, "");
        return content.ValueKind == JsonValueKind.String && String(content) is { } value
            ? new(line, labelValue, value)
            : TextRow.Broken(line, $"'{text}' is not a string of valid characters");

        JsonElement? Value(string name)
        {
            foreach (var property in properties)
                if (TextColumns.Same(property.Name, name)) return property.Value;
            return null;
        }
    }

    private static string? String(JsonElement element)
    {
        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, written as an escape.
            return null;
        }
    }

    private static IEnumerable<string> EnumerateLines(this string content)
    {
        using var reader = new StringReader(content);
        while (reader.ReadLine() is { } line) yield return line;
    }
}
