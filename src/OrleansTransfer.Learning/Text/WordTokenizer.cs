using System.Globalization;
using System.Text;
using OrleansTransfer.Learning.Text.Unicode;

namespace OrleansTransfer.Learning.Text;

/// <summary>
/// Cuts a text into lower-case words and marks of punctuation, in Unicode's form C. A word is a run of letters and digits with the marks that combine
/// with them: the vowel signs and the virama of Devanagari are such marks, and so are the joiners that choose between its ligatures. English words
/// are cut as in the Penn Treebank, which the tables of GloVe follow: <c>film 's</c>, <c>does n't</c>.
/// </summary>
public static class WordTokenizer
{
    private const int NonJoiner = 0x200C, Joiner = 0x200D;

    // What an apostrophe begins at the end of an English word.
    private static readonly HashSet<string> s_clitics = ["s", "re", "ve", "ll", "d", "m"];

    /// <summary>The tokens of <paramref name="text"/>, cut as they are asked for.</summary>
    public static IEnumerable<string> Tokenize(string text)
    {
        var normal = Normalize(text);
        // Runs of word characters and single other characters; an apostrophe waits for what follows it.
        string? held = null;
        var apostrophe = false;
        foreach (var (piece, isWord, follows) in Pieces(normal))
        {
            if (held is not null && apostrophe && isWord && follows)
            {
                apostrophe = false;
                if (s_clitics.Contains(piece))
                {
                    yield return held;
                    held = null;
                    yield return "'" + piece;
                    continue;
                }
                if (piece == "t" && held.Length > 1 && held[^1] == 'n')
                {
                    yield return held[..^1];
                    held = null;
                    yield return "n't";
                    continue;
                }
                yield return held;
                yield return "'";
                held = piece;
                continue;
            }
            if (held is not null && !apostrophe && piece == "'" && follows)
            {
                apostrophe = true;
                continue;
            }
            if (held is not null) yield return held;
            if (apostrophe) yield return "'";
            (held, apostrophe) = (isWord ? piece : null, false);
            if (!isWord) yield return piece;
        }
        if (held is not null) yield return held;
        if (apostrophe) yield return "'";
    }

    /// <summary>Whether a token is a word or a number, not a mark of punctuation.</summary>
    public static bool IsWord(string token) => token.EnumerateRunes().Any(Belongs);

    /// <summary>The form in which words are looked up: lower case, composed, with one kind of apostrophe.</summary>
    internal static string Normalize(string text) => ComposedForm.Of(text.Replace('’', '\'').ToLowerInvariant());

    // Follows: whether the piece stands directly behind the one before it.
    private static IEnumerable<(string Piece, bool IsWord, bool Follows)> Pieces(string text)
    {
        var (start, end) = (-1, 0);
        var follows = false;
        for (var at = 0; at < text.Length;)
        {
            var rune = Rune.TryGetRuneAt(text, at, out var whole) ? whole : Rune.ReplacementChar;
            var length = rune == Rune.ReplacementChar ? 1 : rune.Utf16SequenceLength;
            if (Belongs(rune))
            {
                if (start < 0) start = at;
                end = at + length;
            }
            else if (!(start >= 0 && rune.Value is NonJoiner or Joiner))
            {
                if (start >= 0)
                {
                    yield return (text[start..end], true, follows);
                    (start, follows) = (-1, true);
                }
                var category = Rune.GetUnicodeCategory(rune);
                if (IsSpace(rune, category))
                {
                    follows = false;
                }
                else if (!IsIgnorable(rune, category))
                {
                    yield return (rune.ToString(), false, follows);
                    follows = true;
                }
            }
            at += length;
        }
        if (start >= 0) yield return (text[start..end], true, follows);
    }

    private static bool Belongs(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.NonSpacingMark => !IsVariationSelector(rune),
        UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => true,
        _ => Rune.IsLetterOrDigit(rune) || Rune.IsNumber(rune),
    };

    private static bool IsSpace(Rune rune, UnicodeCategory category) => Rune.IsWhiteSpace(rune) || category == UnicodeCategory.Control;

    // Marks of direction, soft hyphens, selectors between pictures: nothing that is read.
    private static bool IsIgnorable(Rune rune, UnicodeCategory category) => category == UnicodeCategory.Format || IsVariationSelector(rune);

    private static bool IsVariationSelector(Rune rune) => rune.Value is >= 0xFE00 and <= 0xFE0F;
}
