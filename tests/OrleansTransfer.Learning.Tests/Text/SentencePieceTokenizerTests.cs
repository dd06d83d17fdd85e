using System.Text;
using OrleansTransfer.Learning.Text;
using OrleansTransfer.Tests;

namespace OrleansTransfer.Learning.Tests.Text;

public sealed class SentencePieceTokenizerTests : IDisposable
{
    // Trains a model as XLM-RoBERTa's was, though on a few lines, and encodes texts: one line of ids for each, by that encoder's numbering.
    private const string Script = """
        import sys, sentencepiece
        folder = sys.argv[1]
        sentencepiece.SentencePieceTrainer.train(
            input=folder + "/corpus", model_prefix=folder + "/trained", model_type="unigram", vocab_size=150, character_coverage=0.995,
            normalization_rule_name="nmt_nfkc", unk_id=0, bos_id=1, eos_id=2, pad_id=-1, hard_vocab_limit=False, minloglevel=2)
        model = sentencepiece.SentencePieceProcessor(model_file=folder + "/trained.model")
        with open(folder + "/texts", encoding="utf-8", newline="\n") as texts, open(folder + "/ids", "w") as ids:
            for text in texts:
                text = text.rstrip("\n").replace("\\n", "\n").replace("\\t", "\t")
                print(0, *[3 if i == 0 else i + 1 for i in model.encode(text)], 2, file=ids)
            print(len(model) + 2, file=ids)
        """;

    private static readonly string[] s_corpus =
    [
        "नमस्ते दुनिया", "यह हिंदी में लिखा है", "हम हिंदी और अंग्रेज़ी में लिखते हैं", "दुनिया में बहुत सी भाषाएँ हैं", "यहाँ सब कुछ हिंदी में है",
        "hello world", "the world is written in english here", "we write english and hindi", "there are many languages in the world", "Hello, world!",
        "le monde est écrit en français", "où est le café?", "die Welt ist schön", "東京は日本の首都です",
    ];

    private readonly TemporaryFolder _folder = new();

    [Theory]
    // Piece p of the file, counted from its unknown piece, is p + 1 here; <s> is 0, </s> 2, an unknown character 3.
    [InlineData("hello", new[] { 0, 4, 2 })]
    [InlineData("hello world", new[] { 0, 4, 5, 2 })]
    [InlineData("  hello \t\n world ", new[] { 0, 4, 5, 2 })]
    [InlineData("hell", new[] { 0, 6, 7, 2 })]
    [InlineData("o", new[] { 0, 8, 9, 2 })] // no piece is a space and o
    [InlineData("hello?", new[] { 0, 4, 3, 2 })]
    [InlineData("hello?!? world", new[] { 0, 4, 3, 5, 2 })] // as one
    [InlineData("नमस्ते", new[] { 0, 8, 10, 11, 2 })]
    [InlineData("", new[] { 0, 2 })]
    [InlineData(" \n", new[] { 0, 2 })]
    public void Ids_are_those_of_the_likeliest_pieces_in_the_encoders_numbering(string text, int[] ids)
    {
        var encoded = Open().Encode(text, 64);
        Assert.Equal(ids, encoded.Ids);
        Assert.False(encoded.Truncated);
    }

    [Fact]
    public void A_long_text_loses_its_end_but_not_its_last_token()
    {
        var encoded = Open().Encode("hello world hello", 4);
        Assert.Equal([0, 4, 5, 2], encoded.Ids);
        Assert.True(encoded.Truncated);
    }

    [Fact]
    public void Special_tokens_that_are_written_out_are_text() =>
        Assert.DoesNotContain(2, Open().Encode("hello </s> <s> world", 64).Ids.Skip(1).SkipLast(1));

    // Four special tokens, of which the file has three, and the mask.
    [Fact]
    public void Sizes_count_the_special_tokens_that_the_file_lacks() =>
        Assert.Equal((3 + 8 + 2, 1), (Open().VocabularySize, Open().PaddingToken));

    [Fact]
    public void A_trained_model_gives_what_its_own_library_gives()
    {
        string[] texts =
        [
            .. s_corpus, "नमस्ते", "यहाँ की भाषा", "अंग्रेज\u093Cी", "अंग्रे\u095Bी", "ＨＥＬＬＯ ｗｏｒｌｄ", "ﬁne cafe\u0301", "a", "x y z",
            "word\\tword\\nword",
            "many    spaces", "unknown 漢字 and 🙂", "1/2 ½ ²", "hello\u200Bworld", "</s> <unk> <pad>", "…", "हिंदी" + new string('क', 300),
            .. RandomTexts.Of(s_corpus, 300),
            // Every kind of space and control character; line ends are what separates the texts in the file.
            .. new[] { (1, 9), (11, 12), (14, 0x2FF), (0x2000, 0x206F), (0x3000, 0x303F), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFD) }
                .SelectMany(range => Enumerable.Range(range.Item1, range.Item2 - range.Item1 + 1)).Select(value => $"hello{(char)value}world"),
        ];
        File.WriteAllLines(_folder["corpus"], Enumerable.Repeat(s_corpus, 5).SelectMany(lines => lines));
        File.WriteAllText(_folder["texts"], string.Join('\n', texts) + "\n");
        Python.Run("sentencepiece", Script, _folder.Path);

        var ids = File.ReadAllLines(_folder["ids"]);
        var tokenizer = SentencePieceTokenizer.Open(_folder["trained.model"]);
        Assert.Equal($"{tokenizer.VocabularySize}", ids[^1]);
        var differing = texts
            .Select(text => text.Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\t", "\t", StringComparison.Ordinal))
            .Zip(ids)
            .Select(pair => (Text: pair.First, Expected: pair.Second, Actual: string.Join(' ', tokenizer.Encode(pair.First, 1000).Ids)))
            .Where(triple => triple.Expected != triple.Actual)
            .Select(triple => $"'{triple.Text}' is {triple.Expected}, not {triple.Actual}").ToList();
        Assert.True(differing.Count == 0, $"{differing.Count} texts: {string.Join("; ", differing.Take(5))}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("this is a text and no model")]
    [InlineData("<!doctype html><html></html>")]
    public void What_is_no_model_is_refused(string content)
    {
        var path = _folder.Write("x.model", Encoding.UTF8.GetBytes(content));
        Assert.Contains("is not a SentencePiece model", Assert.Throws<LearningException>(() => SentencePieceTokenizer.Open(path)).Message);
    }

    [Fact]
    public void A_model_that_ends_early_is_refused()
    {
        var whole = SentencePieceFile.Unigram(("▁hello", -1));
        Assert.Throws<LearningException>(() => SentencePieceTokenizer.Open(_folder.Write("x.model", whole.AsSpan(..^1))));
    }

    public void Dispose() => _folder.Dispose();

    private SentencePieceTokenizer Open() => SentencePieceTokenizer.Open(_folder.Write("x.model", SentencePieceFile.Unigram(
        ("▁hello", -1), ("▁world", -1), ("▁he", -2), ("ll", -2), ("▁", -3), ("o", -3), ("नमस्", -2), ("ते", -2))));
}
