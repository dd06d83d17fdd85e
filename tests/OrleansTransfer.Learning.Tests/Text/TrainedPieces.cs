using OrleansTransfer.Learning.Text;
using OrleansTransfer.Tests;

namespace OrleansTransfer.Learning.Tests.Text;

/// <summary>A SentencePiece model that the format's own library trained on a few lines, and the ids that it gives texts of all kinds.</summary>
internal sealed class TrainedPieces
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

    private static readonly string[] s_texts =
    [
        .. s_corpus, "नमस्ते", "यहाँ की भाषा", "अंग्रेज\u093Cी", "अंग्रे\u095Bी", "ＨＥＬＬＯ ｗｏｒｌｄ", "ﬁne cafe\u0301", "a", "x y z",
        "word\\tword\\nword",
        "many    spaces", "unknown 漢字 and 🙂", "1/2 ½ ²", "hello\u200Bworld", "</s> <unk> <pad>", "…", "हिंदी" + new string('क', 300),
        .. RandomTexts.Of(s_corpus, 300),
        // Every kind of space and control character; line ends are what separates the texts in the file.
        .. new[] { (1, 9), (11, 12), (14, 0x2FF), (0x2000, 0x206F), (0x3000, 0x303F), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFD) }
            .SelectMany(range => Enumerable.Range(range.Item1, range.Item2 - range.Item1 + 1)).Select(value => $"hello{(char)value}world"),
    ];

    private readonly string[] _ids;

    private TrainedPieces(string folder) => (Model, _ids) = (Path.Combine(folder, "trained.model"), File.ReadAllLines(Path.Combine(folder, "ids")));

    /// <summary>The file of the model.</summary>
    public string Model { get; }

    /// <summary>Trains the model in a folder; skips the test where the library is not installed.</summary>
    public static TrainedPieces Train(string folder)
    {
        File.WriteAllLines(Path.Combine(folder, "corpus"), Enumerable.Repeat(s_corpus, 5).SelectMany(lines => lines));
        File.WriteAllText(Path.Combine(folder, "texts"), string.Join('\n', s_texts) + "\n");
        Python.Run("sentencepiece", Script, folder);
        return new(folder);
    }

    /// <summary>Fails unless <paramref name="tokenizer"/> has as many tokens and gives the same ids.</summary>
    public void Check(ITextTokenizer tokenizer)
    {
        Assert.Equal($"{tokenizer.VocabularySize}", _ids[^1]);
        var differing = s_texts
            .Select(text => text.Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\t", "\t", StringComparison.Ordinal))
            .Zip(_ids)
            .Select(pair => (Text: pair.First, Expected: pair.Second, Actual: string.Join(' ', tokenizer.Encode(pair.First, 1000).Ids)))
            .Where(triple => triple.Expected != triple.Actual)
            .Select(triple => $"'{triple.Text}' is {triple.Expected}, not {triple.Actual}").ToList();
        Assert.True(differing.Count == 0, $"{differing.Count} texts: {string.Join("; ", differing.Take(5))}");
    }
}
