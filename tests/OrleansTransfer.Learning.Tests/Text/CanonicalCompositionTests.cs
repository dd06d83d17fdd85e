using OrleansTransfer.Learning.Text;

namespace OrleansTransfer.Learning.Tests.Text;

public sealed class CanonicalCompositionTests : IDisposable
{
    // Every character of the basic plane that has a canonical decomposition into two, and Hangul syllables: apart, then together. Of what Unicode
    // wants apart, both are the same.
    private const string Script = """
        import sys, unicodedata
        with open(sys.argv[1], "w", encoding="utf-8") as file:
            for value in [*range(0x20, 0xD800), *range(0xE000, 0x10000)]:
                character = chr(value)
                parts = unicodedata.decomposition(character).split()
                hangul = 0xAC00 <= value < 0xD7A4
                if hangul or len(parts) == 2 and not parts[0].startswith("<"):
                    apart = unicodedata.normalize("NFD", character)
                    together = unicodedata.normalize("NFC", character)
                    print(apart, character, together, sep="\t", file=file)
        """;

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("plain ASCII", "plain ASCII")]
    [InlineData("cafe\u0301", "café")]
    [InlineData("Vie\u0302\u0323t", "Viê\u0323t")] // marks out of order stay so
    [InlineData("Vie\u0323\u0302t", "Việt")]
    [InlineData("\u0915\u093C", "\u0915\u093C")] // ka and nukta are two
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("\u0928\u093C", "\u0929")]
    [InlineData("\u1112\u1161\u11AB", "한")]
    [InlineData("कि\u0902", "कि\u0902")]
    public void Letters_and_marks_become_one_where_unicode_has_one(string text, string composed) =>
        Assert.Equal(composed, CanonicalComposition.Compose(text));

    [Fact]
    public void All_of_the_basic_plane_agrees_with_the_unicode_database()
    {
        Python.Run("unicodedata", Script, _folder["pairs"]);
        var lines = File.ReadAllLines(_folder["pairs"]);
        Assert.True(lines.Length > 12_000);
        foreach (var line in lines)
        {
            if (line.Split('\t') is not [var apart, var character, var together]) throw new InvalidDataException(line);
            Assert.Equal(together, CanonicalComposition.Compose(apart));
            Assert.Equal(together, CanonicalComposition.Compose(character));
        }
    }

    [Theory]
    [InlineData('é', 'e')]
    [InlineData('Ệ', 'E')]
    [InlineData('ώ', 'ω')]
    [InlineData('й', 'и')]
    [InlineData('\u0929', '\u0929')]
    [InlineData('が', 'が')]
    public void Accents_are_those_of_alphabets_only(char letter, char plain) => Assert.Equal(plain, CanonicalComposition.WithoutAccents(letter));

    public void Dispose() => _folder.Dispose();
}
