namespace OrleansTransfer.Learning.Text;

/// <summary>
/// A text's words and pairs of neighbouring words, each as one number: of a vocabulary with ids below R, the word u is u R and the pair (u, v) is u R + v.
/// The padding, id 0, makes no word, and a word before it no pair but itself.
/// </summary>
public static class WordPairs
{
    /// <summary>The distinct words and pairs of a text, ascending.</summary>
    /// <param name="ids">Ids of its words, in their order.</param>
    /// <param name="rows">R.</param>
    public static long[] Of(IReadOnlyList<int> ids, long rows)
    {
        var found = new SortedSet<long>();
        for (var i = 0; i < ids.Count; i++)
        {
            found.Add(ids[i] * rows);
            if (i + 1 < ids.Count) found.Add(ids[i] * rows + ids[i + 1]);
        }
        return [.. found];
    }
}
