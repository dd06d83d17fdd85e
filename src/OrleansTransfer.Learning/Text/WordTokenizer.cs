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

    // What follows an apostrophe at the end of an English word; a negation takes the n before it along.
    private const string Negation = "t";
    private static readonly HashSet<string> s_clitics = ["s", "re", "ve", "ll", "d", "m"];

    /// <summary>The tokens of <paramref name="text"/>.</summary>
    public static IEnumerable<string> Tokenize(string text)
    {
        var pieces = Pieces(Normalize(text)).ToList();
        for (var i = 0; i < pieces.Count; i++)
        {
            var piece = pieces[i].Text;
            if (Clitic(pieces, i) is not { } clitic)
            {
                yield return piece;
                continue;
            }
            var negation = clitic == Negation;
            yield return negation ? piece[..^1] : piece;
            yield return negation ? "n't" : "'" + clitic;
            i += 2;
        }
    }

    /// <summary>Whether a token is a word or a number, not a mark of punctuation.</summary>
    public static bool IsWord(string token) => token.EnumerateRunes().Any(Belongs);

    /// <summary>The form in which words are looked up: lower case, composed, with one kind of apostrophe.</summary>
    internal static string Normalize(string text) => ComposedForm.Of(text.Replace('’', '\'').ToLowerInvariant());

    // What follows the apostrophe behind a word, if it is a part of speech of its own.
    private static string? Clitic(List<Piece> pieces, int word)
    {
        if (!pieces[word].IsWord || word + 2 >= pieces.Count) return null;
        if (pieces[word + 1] is not { Text: "'", Follows: true } || pieces[word + 2] is not { IsWord: true, Follows: true }) return null;
        var clitic = pieces[word + 2].Text;
        return s_clitics.Contains(clitic) || (clitic == Negation && pieces[word].Text is [_, .., 'n']) ? clitic : null;
    }

    // Runs of what belongs to words, and every other character by itself.
    private static IEnumerable<Piece> Pieces(string text)
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
                    yield return new(text[start..end], true, follows);
                    (start, follows) = (-1, true);
                }
                var category = Rune.GetUnicodeCategory(rune);
                if (IsSpace(rune, category))
                {
                    follows = false;
                }
                else if (!IsIgnorable(rune, category))
                {
                    yield return new(rune.ToString(), false, follows);
                    follows = true;
                }
            }
            at += length;
        }
        if (start >= 0) yield return new(text[start..end], true, follows);
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

    /// <param name="Follows">Whether it stands directly behind the piece before it.</param>
    private readonly record struct Piece(string Text, bool IsWord, bool Follows);
}
