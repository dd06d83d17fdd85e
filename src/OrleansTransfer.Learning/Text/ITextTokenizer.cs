namespace OrleansTransfer.Learning.Text;

/// <summary>Makes the token ids of a text that an encoder takes. Safe for use by several threads.</summary>
public interface ITextTokenizer
{
    /// <summary>Id of the token that fills up shorter texts of a batch.</summary>
    int PaddingToken { get; }

    /// <summary>One more than the largest id.</summary>
    int VocabularySize { get; }

    /// <summary>The ids of <paramref name="text"/> between those that begin and end every text. Whatever is in it is text: no special token can be
    /// written out.</summary>
    /// <param name="text">Any text, of any length.</param>
    /// <param name="maximumLength">Most ids, the special ones included, at least 3; a longer text loses its end.</param>
    EncodedText Encode(string text, int maximumLength);
}

/// <summary>What a tokenizer makes of a text.</summary>
/// <param name="Ids">Token ids, the special ones included.</param>
/// <param name="Truncated">Whether the text was longer and lost its end.</param>
public sealed record EncodedText(IReadOnlyList<int> Ids, bool Truncated)
{
    // What begins and what ends a text.
    private const int SpecialTokens = 2;

    /// <summary><paramref name="ids"/> between <paramref name="first"/> and <paramref name="last"/>, cut to the greatest length.</summary>
    internal static EncodedText Between(int first, IReadOnlyList<int> ids, int last, int maximumLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumLength, SpecialTokens + 1);
        var room = maximumLength - SpecialTokens;
        return new([first, .. ids.Take(room), last], ids.Count > room);
    }
}
