namespace OrleansTransfer.Cli.Terminal;

/// <summary>
/// Rows under headings in a given width: headings that are longer than what is below them give way first, then the widest columns. What does not fit
/// ends with an ellipsis.
/// </summary>
internal static class FittedTable
{
    private const int Gap = 2, Narrowest = 4, Legible = 6;

    /// <summary>The lines of the table, headings first, at most <paramref name="width"/> wide unless there are too many columns for that.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<string> headings, IReadOnlyList<IReadOnlyList<string>> rows, int width)
    {
        int[] contents = [.. headings.Select((_, i) => rows.Select(row => row[i].Length).DefaultIfEmpty().Max())];
        int[] widths = [.. headings.Select((heading, i) => Math.Max(heading.Length, contents[i]))];
        Shrink(i => Math.Max(contents[i], Math.Min(headings[i].Length, Legible)));
        Shrink(_ => Narrowest);
        return rows.Prepend(headings).Select(row =>
            string.Join(new string(' ', Gap), row.Select((cell, i) => Fit(cell, widths[i]).PadRight(widths[i]))).TrimEnd());

        void Shrink(Func<int, int> least)
        {
            while (widths.Sum() + (Gap * (widths.Length - 1)) > width)
            {
                var shrinkable = Enumerable.Range(0, widths.Length).Where(i => widths[i] > least(i)).ToList();
                if (shrinkable.Count == 0) return;
                widths[shrinkable.MaxBy(i => widths[i])]--;
            }
        }
    }

    /// <summary>A text, or as much of it as fits.</summary>
    public static string Fit(string text, int width) => text.Length <= width ? text : string.Concat(text.AsSpan(0, Math.Max(0, width - 1)), "…");
}
