using System.Text;
using OrleansTransfer.Learning.Text.Unicode;

namespace OrleansTransfer.Learning.Tests.Text.Unicode;

public sealed class ComposedFormTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("plain é", "plain é")]
    [InlineData("e\u0301", "\u00E9")]
    [InlineData("a\u0323\u0302", "\u1EAD")]
    [InlineData("a\u0302\u0323", "\u1EAD")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("\u0928\u093C", "\u0929")]
    [InlineData("\u1112\u1161\u11AB", "\uD55C")]
    [InlineData("\uD558\u11AB", "\uD55C")]
    [InlineData("\u212B", "\u00C5")]
    [InlineData("\u0301e", "\u0301e")]
    [InlineData("ā\u0301\u0301", "ā\u0301\u0301")]
    public void Marks_are_composed(string text, string expected) => Assert.Equal(expected, ComposedForm.Of(text));

    [Fact]
    public void Every_character_and_many_mixtures_compose_as_in_Python()
    {
        var random = new Random(1);
        var texts = Enumerable.Range(0, 0x110000).Where(Rune.IsValid).Select(code => new Rune(code).ToString()).ToList();
        int[] marks = [0x93C, 0x94D, 0x1161, 0x11A8, 0x323, 0x302, 0x301, 0x308, 0x327, 0x5B0, 0x5BC];
        int[] mixed = [.. "aeouAEकगजनरयళో한".Select(letter => (int)letter), .. marks];
        for (var i = 0; i < 20_000; i++)
            texts.Add(string.Concat(Enumerable.Range(0, random.Next(2, 8)).Select(_ => new Rune(mixed[random.Next(mixed.Length)]).ToString())));
        _folder.Write("texts", Encoding.UTF32.GetBytes(string.Join('\n', texts)));
        _folder.Write("composed", Encoding.UTF32.GetBytes(string.Join('\n', texts.Select(ComposedForm.Of))));
        // Characters that are newer than the table here are left out: each side knows its own version of Unicode.
        Python.Run("unicodedata", """
            import sys, unicodedata
            read = lambda name: open(name, encoding='utf-32-le', newline='').read()
            texts, composed = read(sys.argv[1]), read(sys.argv[2])
            known = lambda text: all(unicodedata.category(c) != 'Cn' for c in text)
            wrong = [(a, b) for a, b in zip(texts.split('\n'), composed.split('\n')) if known(a) and unicodedata.normalize('NFC', a) != b]
            assert not wrong, (len(wrong), [tuple(ascii(x) for x in pair) for pair in wrong[:5]])
            """, _folder["texts"], _folder["composed"]);
    }
}
