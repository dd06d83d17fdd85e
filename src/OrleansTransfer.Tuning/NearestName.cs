namespace OrleansTransfer.Tuning;

/// <summary>Guesses which known name a mistyped one stands for.</summary>
internal static class NearestName
{
    /// <summary>The candidate with the fewest edits (Levenshtein, letter case aside), at most a third of the name's letters; null for none.</summary>
    public static string? Of(string name, IEnumerable<string> candidates)
    {
        var nearest = candidates.MinBy(candidate => Edits(name, candidate));
        return nearest is not null && Edits(name, nearest) <= Math.Max(2, name.Length / 3) ? nearest : null;
    }

    private static int Edits(string from, string to)
    {
        var previous = Enumerable.Range(0, to.Length + 1).ToArray();
        var current = new int[to.Length + 1];
        for (var i = 0; i < from.Length; i++)
        {
            current[0] = i + 1;
            for (var j = 0; j < to.Length; j++)
            {
                var replaced = previous[j] + (char.ToUpperInvariant(from[i]) == char.ToUpperInvariant(to[j]) ? 0 : 1);
                current[j + 1] = Math.Min(replaced, Math.Min(previous[j + 1], current[j]) + 1);
            }
            (previous, current) = (current, previous);
        }
        return previous[to.Length];
    }
}
