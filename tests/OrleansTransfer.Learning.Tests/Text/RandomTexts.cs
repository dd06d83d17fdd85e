using System.Globalization;
using System.Text;

namespace OrleansTransfer.Learning.Tests.Text;

/// <summary>Texts that no one would write: parts of words of a corpus, joined by characters of all kinds. The same ones at every run.</summary>
internal static class RandomTexts
{
    // Line ends are left out, since texts are lines of a file, and so are marks, whose order no tokenizer here changes, and what newer versions of
    // Unicode than others may know.
    private static readonly string[] s_between =
    [
        " ", " ", " ", "", "", "\u00A0", "\u3000", "\u2009", "\u200B", "\u200D", "\u00AD", "\uFEFF", "\uFFFD", "\u0007", ".",
        ",", "'", "-", "—", "/", "+", "=", "$", "€", "।", "॥", "。", "「", "漢", "字",
        "한국", "の", "ﬁ", "½", "²", "ß", "İ", "ǅ", "Ω", "й", "é", "\u0958", "\u0929", "ज़", "🙂", "\U00020000", "_", "[", "]", "|",
        "~", "^", "`", "0", "42", "№", "™", "…", "¿", "،", "؟", "ـ",
    ];

    public static IEnumerable<string> Of(IReadOnlyList<string> corpus, int count)
    {
        var random = new Random(5);
        for (var i = 0; i < count; i++)
        {
            var text = new StringBuilder();
            for (var parts = random.Next(1, 9); parts > 0; parts--)
            {
                var letters = StringInfo.ParseCombiningCharacters(corpus[random.Next(corpus.Count)]);
                var line = corpus[random.Next(corpus.Count)];
                var elements = StringInfo.GetTextElementEnumerator(line);
                var (skipped, taken) = (random.Next(letters.Length), random.Next(1, 8));
                for (var e = 0; elements.MoveNext() && e < skipped + taken; e++) if (e >= skipped) text.Append(elements.GetTextElement());
                text.Append(s_between[random.Next(s_between.Length)]);
            }
            yield return text.ToString();
        }
    }
}
