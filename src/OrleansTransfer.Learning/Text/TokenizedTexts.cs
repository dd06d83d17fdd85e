namespace OrleansTransfer.Learning.Text;

/// <summary>Texts as the ids of their tokens, each cut after <see cref="MaximumLength"/>.</summary>
public sealed class TokenizedTexts
{
    private TokenizedTexts(IReadOnlyList<int[]> tokens, IReadOnlyList<int> labels, int maximumLength, int truncated)
    {
        (Tokens, Labels, MaximumLength, Truncated) = (tokens, labels, maximumLength, truncated);
        Lengths = [.. tokens.Select(text => text.Length)];
    }

    /// <summary>The ids of each text; none for a text without a token that is known.</summary>
    public IReadOnlyList<int[]> Tokens { get; }

    /// <summary>The texts' labels.</summary>
    public IReadOnlyList<int> Labels { get; }

    /// <summary>Tokens of each text.</summary>
    public IReadOnlyList<int> Lengths { get; }

    /// <summary>The most tokens that a text keeps.</summary>
    public int MaximumLength { get; }

    /// <summary>Texts.</summary>
    public int Samples => Tokens.Count;

    /// <summary>Texts that were cut.</summary>
    public int Truncated { get; }

    /// <summary>Texts of which no token is left.</summary>
    public int Empty => Tokens.Count(text => text.Length == 0);

    /// <summary>Tokenizes <paramref name="samples"/>.</summary>
    /// <param name="encode">Yields the ids of a text; asked for no more than are kept and one.</param>
    /// <param name="maximumLength">At least 1.</param>
    public static TokenizedTexts Of(IReadOnlyList<TextSample> samples, Func<string, IEnumerable<int>> encode, int maximumLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumLength, 1);
        var truncated = 0;
        List<int[]> tokens = new(samples.Count);
        foreach (var sample in samples)
        {
            var ids = encode(sample.Text).Take(maximumLength + 1).ToArray();
            if (ids.Length > maximumLength) truncated++;
            tokens.Add(ids.Length > maximumLength ? ids[..maximumLength] : ids);
        }
        return new(tokens, [.. samples.Select(sample => sample.Label)], maximumLength, truncated);
    }
}
