namespace OrleansTransfer.Learning.Text;

/// <summary>Which columns of a table are read. Letter case does not matter.</summary>
public sealed record TextColumns(string Label = "label", string Text = "text")
{
    /// <summary>Whether two names are those of one column.</summary>
    internal static bool Same(string found, string wanted) => string.Equals(found.Trim(), wanted, StringComparison.OrdinalIgnoreCase);

    /// <summary>Place of the column <paramref name="wanted"/>.</summary>
    /// <param name="line">Where the names stand, for the message.</param>
    /// <exception cref="LearningException">There is no such column, or there are several.</exception>
    internal static int Find(string path, int line, IReadOnlyList<string> found, string wanted)
    {
        var places = found.Index().Where(column => Same(column.Item, wanted)).Select(column => column.Index).ToList();
        return places.Count switch
        {
            1 => places[0],
            0 => throw new LearningException(
                $"'{path}' has no column '{wanted}': line {line} names {Names(found)}. Name the columns in the first line, or say which one it is."),
            _ => throw new LearningException($"'{path}' has the column '{wanted}' {places.Count} times in line {line}. Expected it once."),
        };
    }

    // A table without a header has its first row here, which may be long.
    private static string Names(IReadOnlyList<string> found)
    {
        var names = found.Take(10).Select(name => $"'{(name.Length > 40 ? name[..40] + "…" : name)}'");
        return string.Join(", ", names) + (found.Count > 10 ? $" and {found.Count - 10} more" : "");
    }
}
