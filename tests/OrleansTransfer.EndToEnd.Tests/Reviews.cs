namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>Texts of made-up sentiment, in two made-up domains.</summary>
internal static class Reviews
{
    private static readonly string[] s_good = ["good", "great", "fine", "lovely"], s_bad = ["bad", "awful", "poor", "dull"];
    private static readonly string[] s_fill = ["the", "film", "plot", "was", "and", "music", "it", "had"];

    /// <summary>Every word that occurs.</summary>
    public static IReadOnlyList<string> Words => [.. s_good, .. s_bad, .. s_fill];

    /// <summary>Writes a table of labelled texts, of which each tenth is longer than 16 tokens.</summary>
    public static string Write(string path, int count, int seed = 1)
    {
        var random = new Random(seed);
        File.WriteAllLines(path, ["label\ttext", .. Enumerable.Range(0, count).Select(i => $"{(i % 2 == 0 ? "pos" : "neg")}\t{Text(random, i)}")]);
        return path;
    }

    private static string Text(Random random, int i)
    {
        string[] words = [.. Enumerable.Range(0, i % 10 == 0 ? 20 : 3 + random.Next(8)).Select(_ => s_fill[random.Next(s_fill.Length)])];
        var telling = i % 2 == 0 ? s_good : s_bad;
        foreach (var place in (int[])[0, 2]) words[place] = telling[random.Next(telling.Length)];
        return string.Join(' ', words);
    }
}
