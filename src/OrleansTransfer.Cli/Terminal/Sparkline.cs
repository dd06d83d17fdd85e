namespace OrleansTransfer.Cli.Terminal;

/// <summary>A curve in one line of text.</summary>
internal static class Sparkline
{
    private const string Levels = "▁▂▃▄▅▆▇█";

    /// <summary>The values from left to right, thinned out where there are more than <paramref name="width"/>; empty for fewer than two.</summary>
    public static string Of(IReadOnlyList<double> values, int width)
    {
        if (values.Count < 2) return "";
        var (low, high) = (values.Min(), values.Max());
        var count = Math.Min(width, values.Count);
        return string.Concat(Enumerable.Range(0, count).Select(i =>
        {
            var value = values[(int)((long)i * (values.Count - 1) / (count - 1))];
            return Levels[high > low ? (int)Math.Round((value - low) / (high - low) * (Levels.Length - 1)) : Levels.Length / 2];
        }));
    }
}
