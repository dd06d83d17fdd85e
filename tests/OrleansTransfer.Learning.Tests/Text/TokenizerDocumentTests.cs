using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Text;
using OrleansTransfer.Tests;

namespace OrleansTransfer.Learning.Tests.Text;

public sealed class TokenizerDocumentTests : IDisposable
{
    private static readonly string[] s_vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "un", "##able", "हिंदी", "café", "cafe"];

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_trained_model_in_a_document_gives_what_its_own_library_gives()
    {
        var trained = TrainedPieces.Train(_folder.Path);
        var path = Write("document/tokenizer.json", OfModel(File.ReadAllBytes(trained.Model)));
        trained.Check(TokenizerFiles.Open(path, TokenizerKind.SentencePiece));
    }

    [Theory]
    [InlineData("the unable café", true)]
    [InlineData("The Café unable, the CAFE", false)]
    [InlineData("हिंदी THE", false)]
    public void A_vocabulary_in_a_document_gives_what_its_file_gives(string text, bool cased)
    {
        var lines = TokenizerFiles.Open(_folder.Write("vocab.txt", Encoding.UTF8.GetBytes(string.Join('\n', s_vocabulary))), cased);
        var document = TokenizerFiles.Open(Write("tokenizer.json", OfWords(cased)));
        Assert.Equal(lines.VocabularySize, document.VocabularySize);
        Assert.Equal(lines.PaddingToken, document.PaddingToken);
        Assert.Equal(lines.Encode(text, 64).Ids, document.Encode(text, 64).Ids);
    }

    // Another model may have rows for tokens that were added later, or ids that no token has.
    [Fact]
    public void Added_tokens_and_free_ids_count()
    {
        var document = OfWords(cased: true);
        document["added_tokens"] = new JsonArray(
            new JsonObject { ["id"] = 2, ["content"] = "[CLS]" }, new JsonObject { ["id"] = 13, ["content"] = "hello" });
        var tokenizer = TokenizerFiles.Open(Write("tokenizer.json", document));
        Assert.Equal(14, tokenizer.VocabularySize);
        Assert.Equal([2, 13, 5, 3], tokenizer.Encode("hello the", 10).Ids);
    }

    [Fact]
    public void Files_of_older_checkpoints_come_first_and_a_document_becomes_one()
    {
        Write("both/tokenizer.json", OfWords(cased: false));
        _folder.Write("both/vocab.txt", Encoding.UTF8.GetBytes(string.Join('\n', s_vocabulary)));
        Assert.Null(TokenizerFile.Read(_folder["both"]).Cased);
        File.Delete(_folder["both/vocab.txt"]);
        var file = TokenizerFile.Read(_folder["both"]);
        Assert.Equal(("vocab.txt", false), (file.Name, file.Cased));
        Assert.Equal(s_vocabulary, Encoding.UTF8.GetString(file.Content).Split('\n'));

        Write("pieces/tokenizer.json", OfPieces());
        Assert.Equal("sentencepiece.bpe.model", TokenizerFile.Read(_folder["pieces"]).Name);
    }

    [Theory]
    [InlineData(true, TokenizerKind.WordPieceUncased, "keeps the case")]
    [InlineData(false, TokenizerKind.WordPieceCased, "does not keep the case")]
    [InlineData(true, TokenizerKind.SentencePiece, "of another kind than the encoder's")]
    public void A_document_that_the_encoder_was_not_trained_with_is_refused(bool cased, TokenizerKind kind, string said) =>
        Refused(() => TokenizerFiles.Open(Write("tokenizer.json", OfWords(cased)), kind), said);

    [Theory]
    [InlineData("""{"model": {"type": "BPE"}}""", "its model is BPE; expected is WordPiece or Unigram")]
    [InlineData("{}", "it has no model.type")]
    [InlineData("[1, 2]", "it has no model.type")]
    [InlineData("", "is not JSON")]
    [InlineData("vocabulary", "is not JSON")]
    public void What_is_no_tokenizer_is_refused(string content, string said) =>
        Refused(() => TokenizerFiles.Open(_folder.Write("tokenizer.json", Encoding.UTF8.GetBytes(content))), said);

    [Theory]
    [InlineData("model.vocab", "[]", "is not a tokenizer")]
    [InlineData("model.vocab", """{"[PAD]": 0, "the": 0}""", "'[PAD]' and 'the' both have the id 0")]
    [InlineData("model.vocab", """{"[PAD]": -1}""", "has the id -1")]
    [InlineData("model.vocab", """{"[PAD]": 2000000000}""", "has the id 2000000000")]
    [InlineData("model.vocab", """{"[PAD]": "0"}""", "is not a tokenizer")]
    [InlineData("model.vocab", """{"the": 1}""", "none is [UNK]")]
    [InlineData("model.continuing_subword_prefix", "\"@@\"", "is @@; expected is ##")]
    [InlineData("pre_tokenizer", "null", "pre_tokenizer.type is missing; expected is BertPreTokenizer")]
    [InlineData("normalizer", """{"type": "Lowercase"}""", "normalizer.type is Lowercase; expected is BertNormalizer")]
    [InlineData("normalizer.clean_text", "false", "normalizer.clean_text is false")]
    [InlineData("normalizer.strip_accents", "true", "normalizer.lowercase is false and normalizer.strip_accents true")]
    public void A_vocabulary_of_another_kind_is_refused(string place, string value, string said) =>
        Refused(() => TokenizerFiles.Open(Write("tokenizer.json", With(OfWords(cased: true), place, value))), said);

    [Theory]
    [InlineData("model.vocab", "{}", "is not a tokenizer")]
    [InlineData("model.vocab", """[["<unk>", 0], ["<s>", 0]]""", "its first tokens are <unk>, <s>; expected is <s>, <pad>, </s>, <unk>")]
    [InlineData("model.vocab", """[["<s>", 0], ["<pad>", 0], ["</s>", 0], ["<unk>", 0], ["a"]]""", "a piece of its vocabulary is [\"a\"]")]
    [InlineData("model.byte_fallback", "true", "model.byte_fallback is true")]
    [InlineData("normalizer", """{"type": "Sequence", "normalizers": [{"type": "NFKC"}]}""", "its normalizer has NFKC; expected is Precompiled")]
    [InlineData("normalizer", """{"type": "Precompiled", "precompiled_charsmap": "§"}""", "is not a tokenizer")]
    [InlineData("pre_tokenizer", """{"type": "ByteLevel"}""", "its pre_tokenizer has ByteLevel; expected is Metaspace")]
    [InlineData("pre_tokenizer", """{"type": "Metaspace", "prepend_scheme": "never"}""", "without a mark before the first word")]
    public void Pieces_of_another_kind_are_refused(string place, string value, string said) =>
        Refused(() => TokenizerFiles.Open(Write("tokenizer.json", With(OfPieces(), place, value))), said);

    public void Dispose() => _folder.Dispose();

    private static void Refused(Action open, string said) => Assert.Contains(said, Assert.Throws<LearningException>(open).Message);

    private string Write(string name, JsonNode document) => _folder.Write(name, Encoding.UTF8.GetBytes(document.ToJsonString()));

    private static JsonObject With(JsonObject document, string place, string value)
    {
        var parts = place.Split('.');
        var parent = parts[..^1].Aggregate(document, (node, part) => node[part]!.AsObject());
        parent[parts[^1]] = JsonNode.Parse(value);
        return document;
    }

    // As the tokenizers library writes BERT's.
    private static JsonObject OfWords(bool cased) => new()
    {
        ["version"] = "1.0",
        ["added_tokens"] = new JsonArray(new JsonObject { ["id"] = 0, ["content"] = "[PAD]", ["special"] = true }),
        ["normalizer"] = new JsonObject
        {
            ["type"] = "BertNormalizer",
            ["clean_text"] = true,
            ["handle_chinese_chars"] = true,
            ["strip_accents"] = null,
            ["lowercase"] = !cased,
        },
        ["pre_tokenizer"] = new JsonObject { ["type"] = "BertPreTokenizer" },
        ["model"] = new JsonObject
        {
            ["type"] = "WordPiece",
            ["unk_token"] = "[UNK]",
            ["continuing_subword_prefix"] = "##",
            ["vocab"] = new JsonObject(s_vocabulary.Select((token, id) => KeyValuePair.Create(token, (JsonNode?)id))),
        },
    };

    // And XLM-RoBERTa's: four special tokens, then the model's pieces, then the mask.
    private static JsonObject OfPieces(IEnumerable<(string Text, float Score)>? pieces = null, byte[]? characterMap = null) => new()
    {
        ["version"] = "1.0",
        ["normalizer"] = new JsonObject { ["type"] = "Precompiled", ["precompiled_charsmap"] = Convert.ToBase64String(characterMap ?? []) },
        ["pre_tokenizer"] = new JsonObject
        {
            ["type"] = "Sequence",
            ["pretokenizers"] = new JsonArray(
                new JsonObject { ["type"] = "WhitespaceSplit" },
                new JsonObject { ["type"] = "Metaspace", ["replacement"] = "▁", ["add_prefix_space"] = true }),
        },
        ["model"] = new JsonObject
        {
            ["type"] = "Unigram",
            ["unk_id"] = 3,
            ["vocab"] = new JsonArray(
                [.. new[] { ("<s>", 0f), ("<pad>", 0f), ("</s>", 0f), ("<unk>", 0f) }.Concat(pieces ?? [("▁hello", -1f)]).Append(("<mask>", 0f))
                    .Select(piece => new JsonArray(piece.Item1, piece.Item2))]),
        },
    };

    private static JsonObject OfModel(byte[] model)
    {
        List<(string, float)> pieces = [];
        byte[] characterMap = [];
        foreach (var (field, part) in Fields(model))
            if (field == 1)
            {
                var piece = Fields(part).ToDictionary(entry => entry.Field, entry => entry.Content);
                pieces.Add((Encoding.UTF8.GetString(piece[1]), BitConverter.ToSingle(piece[2])));
            }
            else if (field == 3) characterMap = Fields(part).Single(entry => entry.Field == 2).Content;
        return OfPieces(pieces.Skip(3), characterMap);
    }

    private static IEnumerable<(int Field, byte[] Content)> Fields(byte[] message)
    {
        using var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and not 0)
            switch (WireFormat.GetTagWireType(tag))
            {
                case WireFormat.WireType.LengthDelimited:
                    yield return (WireFormat.GetTagFieldNumber(tag), input.ReadBytes().ToByteArray());
                    break;
                case WireFormat.WireType.Fixed32:
                    yield return (WireFormat.GetTagFieldNumber(tag), BitConverter.GetBytes(input.ReadFloat()));
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
    }
}
