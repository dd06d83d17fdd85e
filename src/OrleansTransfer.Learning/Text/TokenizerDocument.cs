using System.Text;
using System.Text.Json;
using Google.Protobuf;

namespace OrleansTransfer.Learning.Text;

/// <summary>
/// A <c>tokenizer.json</c>, which is all of the tokenizer that newer checkpoints have. What is in it is brought into the form of older ones, a
/// WordPiece vocabulary or a SentencePiece model, so that there is one reader of each and a bundle has the file that other programs look for.
/// </summary>
internal static class TokenizerDocument
{
    /// <summary>What the file is called beside public weights.</summary>
    public const string Name = "tokenizer.json";

    // Tokens of XLM-RoBERTa that come before the first piece, and the one after the last.
    private const string Mask = "<mask>";
    private static readonly string[] s_special = ["<s>", "<pad>", "</s>", "<unk>"];

    // Fields and values of SentencePiece's protocol buffer (sentencepiece_model.proto).
    private const int Pieces = 1, Trainer = 2, Normalizer = 3;
    private const int PieceText = 1, PieceScore = 2, PieceType = 3;
    private const int Normal = 1, Unknown = 2, Control = 3;
    private const int ModelType = 3, Unigram = 1;
    private const int CharacterMap = 2;

    /// <summary>The file that the document stands for.</summary>
    /// <param name="content">The bytes of the document.</param>
    /// <param name="path">What messages call it.</param>
    /// <exception cref="LearningException">It is no such document, or its tokenizer is none of the two kinds; says what was found.</exception>
    public static TokenizerFile Read(byte[] content, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(content);
            var model = Part(document.RootElement, "model");
            return Text(Part(model, "type")) switch
            {
                "WordPiece" => WordPiece(document.RootElement, model, path),
                "Unigram" => SentencePiece(document.RootElement, model, path),
                null => throw new LearningException($"'{path}' is not a tokenizer: it has no model.type."),
                var other => throw Other(path, $"its model is {other}", "WordPiece or Unigram"),
            };
        }
        catch (JsonException e)
        {
            throw new LearningException($"'{path}' is not JSON: {e.Message}", e);
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException)
        {
            throw new LearningException($"'{path}' is not a tokenizer: {e.Message}", e);
        }
    }

    private static TokenizerFile WordPiece(JsonElement root, JsonElement model, string path)
    {
        Expect("model.continuing_subword_prefix", Text(Part(model, "continuing_subword_prefix")), "##");
        Expect("pre_tokenizer.type", Text(Part(Part(root, "pre_tokenizer"), "type")), "BertPreTokenizer");
        var normalizer = Part(root, "normalizer");
        Expect("normalizer.type", Text(Part(normalizer, "type")), "BertNormalizer");
        foreach (var part in (string[])["clean_text", "handle_chinese_chars"])
            if (Part(normalizer, part).ValueKind == JsonValueKind.False) throw Other(path, $"normalizer.{part} is false", "true");
        var cased = Part(normalizer, "lowercase").ValueKind != JsonValueKind.True;
        // Unsaid, accents go where capitals go.
        if (Part(normalizer, "strip_accents").ValueKind is var accents and (JsonValueKind.True or JsonValueKind.False)
            && accents == JsonValueKind.True == cased)
            throw Other(path, $"normalizer.lowercase is {Said(!cased)} and normalizer.strip_accents {Said(cased)}", "both or neither");

        SortedDictionary<int, string> tokens = [];
        foreach (var token in Part(model, "vocab").EnumerateObject()) Add(token.Name, token.Value.GetInt32());
        foreach (var token in Items(Part(root, "added_tokens"))) Add(Text(Part(token, "content")) ?? "", Part(token, "id").GetInt32());
        var lines = new StringBuilder();
        var line = 0;
        foreach (var (id, token) in tokens)
        {
            for (; line < id; line++) lines.Append('\n');
            lines.Append(token);
        }
        return new(TokenizerFiles.WordPieceName, Encoding.UTF8.GetBytes(lines.ToString())) { Cased = cased };

        void Add(string token, int id)
        {
            // A vocabulary has a line for each id: a number from elsewhere must not make it huge.
            if (id is < 0 or > 10_000_000 || token.AsSpan().ContainsAny('\n', '\r'))
                throw new LearningException($"'{path}' is not a WordPiece tokenizer: its token '{token}' has the id {id}.");
            if (!tokens.TryAdd(id, token) && tokens[id] != token)
                throw new LearningException($"'{path}' is not a tokenizer: '{tokens[id]}' and '{token}' both have the id {id}.");
        }

        void Expect(string name, string? found, string expected)
        {
            if (found != expected) throw Other(path, $"{name} is {found ?? "missing"}", expected);
        }
    }

    private static TokenizerFile SentencePiece(JsonElement root, JsonElement model, string path)
    {
        if (Part(model, "byte_fallback").ValueKind == JsonValueKind.True) throw Other(path, "model.byte_fallback is true", "false");
        CheckSpaces(Part(root, "pre_tokenizer"), path);
        var pieces = Part(model, "vocab").EnumerateArray().Select(Piece).ToList();
        var first = pieces.Take(s_special.Length).Select(piece => piece.Text);
        if (!first.SequenceEqual(s_special))
            throw Other(path, $"its first tokens are {string.Join(", ", first)}", $"{string.Join(", ", s_special)}, as in XLM-RoBERTa");
        if (pieces[^1].Text == Mask) pieces.RemoveAt(pieces.Count - 1);

        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            WritePiece(output, "<unk>", 0, Unknown);
            WritePiece(output, "<s>", 0, Control);
            WritePiece(output, "</s>", 0, Control);
            foreach (var (text, score) in pieces.Skip(s_special.Length)) WritePiece(output, text, score, Normal);
            WriteMessage(output, Trainer, trainer =>
            {
                trainer.WriteTag(ModelType, WireFormat.WireType.Varint);
                trainer.WriteEnum(Unigram);
            });
            var map = CharacterMapOf(Part(root, "normalizer"), path);
            WriteMessage(output, Normalizer, normalizer =>
            {
                if (map.Length == 0) return;
                normalizer.WriteTag(CharacterMap, WireFormat.WireType.LengthDelimited);
                normalizer.WriteBytes(ByteString.CopyFrom(map));
            });
        }
        return new(TokenizerFiles.SentencePieceName, stream.ToArray());
    }

    private static (string Text, float Score) Piece(JsonElement entry) =>
        entry.ValueKind == JsonValueKind.Array && entry.GetArrayLength() == 2 && Text(entry[0]) is { } text
            ? (text, entry[1].GetSingle())
            : throw new FormatException($"a piece of its vocabulary is {entry.GetRawText()}, not a text and its score.");

    // What SentencePiece does itself: a word begins with a mark in place of a space, the first one too.
    private static void CheckSpaces(JsonElement preTokenizer, string path)
    {
        foreach (var part in Parts(preTokenizer, "pretokenizers"))
        {
            var type = Text(Part(part, "type"));
            if (type is not ("Metaspace" or "WhitespaceSplit")) throw Other(path, $"its pre_tokenizer has {type}", "Metaspace");
            if (Part(part, "add_prefix_space").ValueKind == JsonValueKind.False || Text(Part(part, "prepend_scheme")) is not (null or "always"))
                throw Other(path, "its pre_tokenizer has Metaspace without a mark before the first word", "one before every word");
        }
    }

    // What becomes of characters before texts are cut, in SentencePiece's own compiled form; empty where they stay.
    private static byte[] CharacterMapOf(JsonElement normalizer, string path)
    {
        var map = Array.Empty<byte>();
        foreach (var part in Parts(normalizer, "normalizers"))
            switch (Text(Part(part, "type")))
            {
                case "Precompiled":
                    map = Part(part, "precompiled_charsmap") is { ValueKind: JsonValueKind.String } text ? text.GetBytesFromBase64() : [];
                    break;
                // Spaces at the ends and next to each other count once in any case.
                case "Strip":
                case "Replace" when Text(Part(part, "content")) is " " or "▁":
                    break;
                case var other:
                    throw Other(path, $"its normalizer has {other}", "Precompiled");
            }
        return map;
    }

    private static void WritePiece(CodedOutputStream output, string text, float score, int type) => WriteMessage(output, Pieces, piece =>
    {
        piece.WriteTag(PieceText, WireFormat.WireType.LengthDelimited);
        piece.WriteString(text);
        piece.WriteTag(PieceScore, WireFormat.WireType.Fixed32);
        piece.WriteFloat(score);
        piece.WriteTag(PieceType, WireFormat.WireType.Varint);
        piece.WriteEnum(type);
    });

    private static void WriteMessage(CodedOutputStream output, int field, Action<CodedOutputStream> write)
    {
        using var stream = new MemoryStream();
        using (var content = new CodedOutputStream(stream, 256, leaveOpen: true)) write(content);
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(stream.GetBuffer().AsSpan(0, (int)stream.Length)));
    }

    // A part of its kind alone, or those of a sequence, or none.
    private static IEnumerable<JsonElement> Parts(JsonElement element, string list) => Text(Part(element, "type")) switch
    {
        null => [],
        "Sequence" => Items(Part(element, list)),
        _ => [element],
    };

    private static IEnumerable<JsonElement> Items(JsonElement element) => element.ValueKind == JsonValueKind.Array ? element.EnumerateArray() : [];

    private static JsonElement Part(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var part) ? part : default;

    private static string? Text(JsonElement element) => element.ValueKind == JsonValueKind.String ? element.GetString() : null;

    private static string Said(bool value) => value ? "true" : "false";

    private static LearningException Other(string path, string found, string expected) => new(
        $"'{path}' is a tokenizer of another kind: {found}; expected is {expected}.");
}
