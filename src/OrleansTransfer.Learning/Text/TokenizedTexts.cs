namespace OrleansTransfer.Learning.Text;

/// <summary>Texts as the ids of their tokens, each cut after <see cref="MaximumLength"/>.</summary>
public sealed class TokenizedTexts
{
    // What begins and what ends a text that has a frame.
    private const int FrameTokens = 2;

    private TokenizedTexts(IReadOnlyList<int[]> tokens, IReadOnlyList<TextSample> samples, int maximumLength, int truncated)
    {
        (Tokens, Labels, MaximumLength, Truncated) = (tokens, [.. samples.Select(sample => sample.Label)], maximumLength, truncated);
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

    /// <summary>Id of the token that fills up shorter texts of a batch.</summary>
    public int PaddingToken { get; private init; }

    /// <summary>Whether each text's first and last token are a frame that every text has.</summary>
    public bool HasFrame { get; private init; }

    /// <summary>Texts of which no token is left, a frame aside.</summary>
    public int Empty => Tokens.Count(text => text.Length == (HasFrame ? FrameTokens : 0));

    /// <summary>Tokenizes <paramref name="samples"/> for an encoder.</summary>
    /// <param name="tokenizer">Frames each text.</param>
    /// <param name="prefix">What the encoder wants in front of every text; empty for nothing.</param>
    /// <param name="maximumLength">The frame included; at least 3.</param>
    public static TokenizedTexts Of(IReadOnlyList<TextSample> samples, ITextTokenizer tokenizer, string prefix, int maximumLength)
    {
        var encoded = samples.Select(sample => tokenizer.Encode(prefix + sample.Text, maximumLength)).ToList();
        return new([.. encoded.Select(text => text.Ids.ToArray())], samples, maximumLength, encoded.Count(text => text.Truncated))
        {
            PaddingToken = tokenizer.PaddingToken,
            HasFrame = true,
        };
    }

    /// <summary>Tokenizes <paramref name="samples"/>; 0 is their padding.</summary>
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
        return new(tokens, samples, maximumLength, truncated);
    }
}
