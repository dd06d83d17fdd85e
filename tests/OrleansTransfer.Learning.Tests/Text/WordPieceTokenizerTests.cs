using System.Text;
using OrleansTransfer.Learning.Text;

namespace OrleansTransfer.Learning.Tests.Text;

public sealed class WordPieceTokenizerTests : IDisposable
{
    private static readonly string[] s_vocabulary =
    [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", // 0 to 4
        "the", "un", "##able", "##aff", "##ord", ",", "!", // 5 to 11
        "नमस्ते", "हिंदी", "में", "लिख", "##ा", "है", "।", "यह", "##ाँ", "दु", "##निया", // 12 to 22
        "東", "京", "The", "cafe", "café", // 23 to 27
    ];

    // BERT's two cuts, by Unicode's own database: ids of each line of a file in text order, cased.
    private const string Script = """
        import sys, unicodedata
        folder = sys.argv[1]
        with open(folder + "/vocab.txt", encoding="utf-8", newline="\n") as file:
            vocabulary = {line.rstrip("\n"): i for i, line in enumerate(file)}

        def basic(text):
            spaced = ""
            for c in unicodedata.normalize("NFC", text):
                kind, value = unicodedata.category(c), ord(c)
                ideograph = any(a <= value <= b for a, b in (
                    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0xF900, 0xFAFF), (0x20000, 0x2A6DF), (0x2A700, 0x2CEAF), (0x2F800, 0x2FA1F)))
                ascii_mark = 33 <= value <= 47 or 58 <= value <= 64 or 91 <= value <= 96 or 123 <= value <= 126
                if c in "\t\n\r" or kind[0] == "Z":
                    spaced += " "
                elif value == 0xFFFD or kind in ("Cc", "Cf", "Co"):
                    continue
                elif ideograph or ascii_mark or kind[0] == "P":
                    spaced += f" {c} "
                else:
                    spaced += c
            return spaced.split(" ")

        def pieces(word):
            found, start = [], 0
            while start < len(word):
                for end in range(len(word), start, -1):
                    piece = ("##" if start else "") + word[start:end]
                    if piece in vocabulary:
                        found.append(vocabulary[piece])
                        start = end
                        break
                else:
                    return [1]
            return found

        with open(folder + "/texts", encoding="utf-8", newline="\n") as texts, open(folder + "/ids", "w") as ids:
            for text in texts:
                print(2, *[i for word in basic(text.rstrip("\n")) for i in pieces(word)], 3, file=ids)
        """;

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("the", new[] { 2, 5, 3 })]
    [InlineData("unaffordable", new[] { 2, 6, 8, 9, 7, 3 })]
    [InlineData("the unable, !", new[] { 2, 5, 6, 7, 10, 11, 3 })]
    [InlineData("the\tthe\nthe", new[] { 2, 5, 5, 5, 3 })]
    [InlineData("The xyz", new[] { 2, 25, 1, 3 })]
    [InlineData("東京", new[] { 2, 23, 24, 3 })]
    [InlineData("", new[] { 2, 3 })]
    [InlineData("[MASK] [SEP]", new[] { 2, 1, 1, 1, 1, 1, 1, 3 })] // what looks like a special token is text
    [InlineData("café", new[] { 2, 27, 3 })]
    [InlineData("cafe\u0301", new[] { 2, 27, 3 })]
    public void Ids_are_those_of_the_longest_pieces(string text, int[] ids)
    {
        var encoded = Open().Encode(text, 64);
        Assert.Equal(ids, encoded.Ids);
        Assert.False(encoded.Truncated);
    }

    [Theory]
    [InlineData("नमस्ते दुनिया।", "नमस्ते दु##निया ।")]
    [InlineData("यह हिंदी में लिखा है।", "यह हिंदी में लिख##ा है ।")]
    [InlineData("यहाँ", "यह##ाँ")]
    public void Hindi_comes_back_with_its_vowel_signs(string text, string pieces)
    {
        foreach (var cased in new[] { true, false })
        {
            var ids = Open(cased).Encode(text, 64).Ids;
            var back = string.Join(' ', ids.Skip(1).SkipLast(1).Select(id => s_vocabulary[id])).Replace(" ##", "##", StringComparison.Ordinal);
            Assert.Equal(pieces, back);
            Assert.Equal(text.Replace("।", " ।", StringComparison.Ordinal).Replace("##", "", StringComparison.Ordinal),
                back.Replace("##", "", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Random_texts_are_cut_as_the_description_says()
    {
        string[] corpus = ["unaffordable the unable", "नमस्ते दुनिया", "यह हिंदी में लिखा है", "यहाँ सब", "The café, naïve Ünder", "東京は日本の首都"];
        string[] texts = [.. corpus, .. RandomTexts.Of(corpus, 500)];
        // Single characters, so that words of all kinds are cut into several pieces.
        var characters = texts.SelectMany(text => text.EnumerateRunes()).Select(rune => rune.ToString()).Where(c => !string.IsNullOrWhiteSpace(c))
            .Except(s_vocabulary).Except(["\uFFFD", "\u200B", "\u0958", "🙂"]).Distinct(StringComparer.Ordinal).ToList();
        File.WriteAllLines(_folder["vocab.txt"], [.. s_vocabulary, .. characters, .. characters.Select(c => "##" + c).Except(s_vocabulary)]);
        File.WriteAllText(_folder["texts"], string.Join('\n', texts) + "\n");
        Python.Run("unicodedata", Script, _folder.Path);

        var ids = File.ReadAllLines(_folder["ids"]);
        var tokenizer = WordPieceTokenizer.Open(_folder["vocab.txt"]);
        Assert.Equal(texts.Length, ids.Length);
        foreach (var (text, expected) in texts.Zip(ids))
            Assert.Equal($"{text}: {expected}", $"{text}: {string.Join(' ', tokenizer.Encode(text, 1000).Ids)}");
    }

    [Fact]
    public void An_uncased_vocabulary_sees_lower_case_without_accents()
    {
        Assert.Equal([2, 5, 26, 3], Open(cased: false).Encode("THE Café", 64).Ids);
        Assert.Equal([2, 1, 27, 3], Open().Encode("THE café", 64).Ids);
    }

    [Fact]
    public void A_long_text_loses_its_end_but_not_its_last_token()
    {
        var tokenizer = Open();
        Assert.Equal(new EncodedTextFacts([2, 5, 6, 3], true), Facts(tokenizer.Encode("the unable", 4)));
        Assert.Equal(new EncodedTextFacts([2, 5, 6, 7, 3], false), Facts(tokenizer.Encode("the unable", 5)));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Encode("the", 2));
    }

    [Fact]
    public void A_word_of_more_than_a_hundred_letters_is_unknown() =>
        Assert.Equal([2, 1, 5, 3], Open().Encode(new string('u', 101) + " the", 64).Ids);

    [Fact]
    public void Sizes_are_those_of_the_file()
    {
        var tokenizer = Open();
        Assert.Equal((s_vocabulary.Length, 0), (tokenizer.VocabularySize, tokenizer.PaddingToken));
    }

    [Fact]
    public void Lines_may_end_as_on_windows()
    {
        _folder.Write("windows.txt", Encoding.UTF8.GetBytes(string.Join("\r\n", s_vocabulary) + "\r\n\r\n"));
        var tokenizer = WordPieceTokenizer.Open(_folder["windows.txt"]);
        Assert.Equal([2, 6, 7, 3], tokenizer.Encode("unable", 64).Ids);
        Assert.Equal(s_vocabulary.Length, tokenizer.VocabularySize);
    }

    [Theory]
    [InlineData("a poem\nof two lines", "none is [PAD]")]
    [InlineData("", "of its 0 lines, none is [PAD]")]
    [InlineData("[PAD]\n[UNK]\n[CLS]", "none is [SEP]")]
    [InlineData("[PAD]\nx\nx", "lines 2 and 3 are both 'x'")]
    public void What_is_no_vocabulary_is_refused(string text, string said)
    {
        var path = _folder.Write("vocab.txt", Encoding.UTF8.GetBytes(text));
        var message = Assert.Throws<LearningException>(() => WordPieceTokenizer.Open(path)).Message;
        Assert.Contains("is not a WordPiece vocabulary", message);
        Assert.Contains(said, message);
    }

    public void Dispose() => _folder.Dispose();

    private static EncodedTextFacts Facts(EncodedText text) => new(string.Join(' ', text.Ids), text.Truncated);

    private WordPieceTokenizer Open(bool cased = true) =>
        WordPieceTokenizer.Open(_folder.Write("vocab.txt", Encoding.UTF8.GetBytes(string.Join('\n', s_vocabulary) + "\n")), cased);

    private sealed record EncodedTextFacts(string Ids, bool Truncated)
    {
        public EncodedTextFacts(int[] ids, bool truncated) : this(string.Join(' ', ids), truncated)
        {
        }
    }
}
