using System.Globalization;
using System.Text;

namespace OrleansTransfer.Learning.Evaluation;

/// <summary>A confusion matrix as plain text for a terminal.</summary>
public static class ConfusionText
{
    /// <summary>
    /// One line per actual label with the counts per predicted label and the recall. Names longer than <paramref name="longestName"/> characters lose
    /// their middle; columns are headed by the labels' numbers, so that the table stays narrow.
    /// </summary>
    public static string Render(ClassificationReport report, int longestName = 20)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(longestName, 3);
        var names = report.Labels.Select((label, i) => string.Create(CultureInfo.InvariantCulture, $"{i} {Shorten(label, longestName)}")).ToList();
        var nameWidth = Math.Max("actual".Length, names.Max(name => name.Length));
        var most = report.Confusion.Max(row => row.Max());
        var width = Math.Max($"{most}".Length, $"{report.Labels.Count - 1}".Length) + 2;
        var text = new StringBuilder();
        text.Append("actual".PadRight(nameWidth)).Append(" |");
        for (var column = 0; column < names.Count; column++) text.Append($"{column}".PadLeft(width));
        text.Append("   recall").AppendLine();
        text.Append('-', nameWidth + 1).Append('+').Append('-', (width * names.Count) + "   recall".Length).AppendLine();
        foreach (var (row, score) in report.PerLabel.Index())
        {
            text.Append(names[row].PadRight(nameWidth)).Append(" |");
            foreach (var count in report.Confusion[row]) text.Append((count == 0 ? "." : $"{count}").PadLeft(width));
            var recall = score.Support == 0 ? "-" : score.Recall.ToString("0.000", CultureInfo.InvariantCulture);
            text.Append(recall.PadLeft("   recall".Length)).AppendLine();
        }
        return text.ToString();
    }

    internal static string Shorten(string name, int longest)
    {
        if (name.Length <= longest) return name;
        var head = longest / 2;
        return string.Concat(name.AsSpan(0, head), "~", name.AsSpan(name.Length - (longest - 1 - head)));
    }
}
