using System.Text;
using OrleansTransfer.Learning.Text.Unicode;

namespace OrleansTransfer.Learning.Text;

/// <summary>Brings spellings of a word together that differ in marks which writers leave out.</summary>
internal static class WordFolding
{
    // The sign below that makes a letter another one (nukta) has this combining class; those from the second on are accents above and below.
    private const byte Nukta = 7, FirstAccent = 200;
    private const int Candrabindu = 0x901, Anusvara = 0x902;

    /// <summary>The word without accents and nuktas, with one sign of nasality for the two that Devanagari has.</summary>
    public static string Fold(string word)
    {
        if (Ascii.IsValid(word)) return word;
        var folded = new StringBuilder(word.Length);
        foreach (var (code, combining) in ComposedForm.Decomposed(word))
            if (combining is not (Nukta or >= FirstAccent)) folded.Append(new Rune(code == Candrabindu ? Anusvara : code).ToString());
        return ComposedForm.Of(folded.ToString());
    }
}
