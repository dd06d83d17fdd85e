using System.Collections.Frozen;
using System.Text;

namespace OrleansTransfer.Learning.Text;

/// <summary>
/// Unicode's canonical composition (NFC), which <see cref="string.Normalize()"/> does not do where a program runs without culture data. Marks are
/// taken in the order in which they stand, and ideographs for compatibility stay what they are.
/// </summary>
internal static class CanonicalComposition
{
    // Hangul syllables by the arithmetic of the Unicode Standard, section 3.12.
    private const int SyllableBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int Leads = 19, Vowels = 21, Tails = 28;

    private static readonly FrozenDictionary<(char Plain, char Mark), char> s_composed = ComposedLetters.Pairs
        .SelectMany(pair => pair.Plain.Zip(pair.Marked, (plain, marked) => ((plain, pair.Mark), marked)))
        .ToFrozenDictionary(entry => entry.Item1, entry => entry.marked);

    private static readonly FrozenDictionary<char, (char First, char Second)> s_apart = ComposedLetters.AlwaysApart.Chunk(3)
        .ToFrozenDictionary(three => three[0], three => (three[1], three[2]));

    private static readonly FrozenDictionary<char, char> s_withoutAccent = s_composed.Where(entry => IsAccent(entry.Key.Mark))
        .ToFrozenDictionary(entry => entry.Value, entry => entry.Key.Plain);

    /// <summary>The text with letters and their marks in one character where there is one.</summary>
    public static string Compose(string text)
    {
        if (text.All(char.IsAscii)) return text;
        var composed = new StringBuilder(text.Length);
        foreach (var character in text) Append(composed, character);
        return composed.ToString();
    }

    /// <summary>The letter without accents of Latin, Greek and Cyrillic script; itself where it has none.</summary>
    public static char WithoutAccents(char letter)
    {
        while (s_withoutAccent.TryGetValue(letter, out var plain)) letter = plain;
        return letter;
    }

    /// <summary>
    /// Whether a character is an accent on the letter before it. Vowel signs of Indic scripts are marks to Unicode as well, but no accents: a word
    /// loses its meaning without them.
    /// </summary>
    public static bool IsAccent(char mark) => mark is >= '\u0300' and <= '\u036F';

    private static void Append(StringBuilder text, char next)
    {
        if (s_apart.TryGetValue(next, out var two))
        {
            Append(text, two.First);
            Append(text, two.Second);
        }
        else if (text.Length > 0 && Together(text[^1], next) is { } one) text[^1] = one;
        else text.Append(next);
    }

    private static char? Together(char first, char second)
    {
        if (s_composed.TryGetValue((first, second), out var letter)) return letter;
        var (lead, vowel) = (first - LeadBase, second - VowelBase);
        if (lead is >= 0 and < Leads && vowel is >= 0 and < Vowels) return (char)(SyllableBase + ((lead * Vowels) + vowel) * Tails);
        var (syllable, tail) = (first - SyllableBase, second - TailBase);
        return syllable is >= 0 and < Leads * Vowels * Tails && syllable % Tails == 0 && tail is > 0 and < Tails ? (char)(first + tail) : null;
    }
}
