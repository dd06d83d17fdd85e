using System.Globalization;
using System.Text;
using OrleansTransfer.Learning.Text.Unicode;

namespace OrleansTransfer.Learning.Text;

/// <summary>
/// BERT's first cut of a text, into words, punctuation marks and ideographs (Devlin et al., arXiv 1810.04805): what WordPiece then
/// cuts further.
/// </summary>
internal static class BasicTokens
{
    private const int ReplacementCharacter = 0xFFFD, FirstAccent = 0x300, LastAccent = 0x36F;

    /// <summary>The tokens of <paramref name="text"/> with one space between them.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="cased">Whether letters stay as they are; else they are brought to lower case and lose accents.</param>
    public static string Split(string text, bool cased)
    {
        var tokens = new StringBuilder(text.Length + 16);
        foreach (var rune in ComposedForm.Of(text).EnumerateRunes())
        {
            if (IsSpace(rune)) Separate();
            else if (IsDropped(rune)) continue;
            else if (IsPunctuation(rune) || IsIdeograph(rune.Value))
            {
                Separate();
                tokens.Append(rune);
                Separate();
            }
            else if (cased) tokens.Append(rune);
            else AppendPlain(tokens, rune);
        }
        return tokens.ToString().TrimEnd(' ');

        void Separate()
        {
            if (tokens.Length > 0 && tokens[^1] != ' ') tokens.Append(' ');
        }
    }

    // Vowel signs of Indic scripts are marks to Unicode as well, but no accents: a word loses its meaning without them.
    private static void AppendPlain(StringBuilder tokens, Rune rune)
    {
        if (rune.IsAscii)
        {
            tokens.Append((char)(rune.Value is >= 'A' and <= 'Z' ? rune.Value | 0x20 : rune.Value));
            return;
        }
        var plain = new StringBuilder();
        foreach (var (code, _) in ComposedForm.Decomposed(rune.ToString()))
            if (code is not (>= FirstAccent and <= LastAccent)) plain.Append(Rune.ToLowerInvariant(new Rune(code)).ToString());
        tokens.Append(ComposedForm.Of(plain.ToString()));
    }

    // Control characters that separate words do so here too, though Unicode does not count them as spaces.
    private static bool IsSpace(Rune rune) => rune.Value is '\t' or '\n' or '\r' || Rune.GetUnicodeCategory(rune) is UnicodeCategory.SpaceSeparator
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static bool IsDropped(Rune rune) => rune.Value == ReplacementCharacter || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control
        or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate;

    // Every ASCII character that is no letter, digit or space counts, also those that are symbols to Unicode.
    private static bool IsPunctuation(Rune rune) => rune.IsAscii ? !char.IsAsciiLetterOrDigit((char)rune.Value) && rune.Value is > ' ' and < 0x7F
        : Rune.IsPunctuation(rune);

    private static bool IsIdeograph(int value) => value is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2CEAF) or (>= 0x2F800 and <= 0x2FA1F);
}
