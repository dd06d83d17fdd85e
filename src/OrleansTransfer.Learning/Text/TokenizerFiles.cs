using OrleansTransfer.Learning.Models.Text;

namespace OrleansTransfer.Learning.Text;

/// <summary>Tokenizers as files, as they lie beside the weights of public text encoders.</summary>
public static class TokenizerFiles
{
    internal const string WordPieceName = "vocab.txt", SentencePieceName = "sentencepiece.bpe.model";

    private const string WordPieceExtension = ".txt", SentencePieceExtension = ".model", DocumentExtension = ".json";

    // Embeddings may be filled up with rows that no token has, for the sake of a round number or, in multilingual E5, by 35.
    private const int SpareRows = 128;

    /// <summary>
    /// Opens a tokenizer by its file: a WordPiece vocabulary (<c>vocab.txt</c>, or any <c>.txt</c>), a SentencePiece model (<c>.model</c>) or a
    /// <c>tokenizer.json</c> of one of the two; or by the folder that holds one of them.
    /// </summary>
    /// <param name="path">The file or the folder.</param>
    /// <param name="cased">Whether texts keep their case, where the file does not say.</param>
    /// <exception cref="LearningException">There is no such file, or it is no tokenizer.</exception>
    public static ITextTokenizer Open(string path, bool cased = true) =>
        Open(TokenizerFile.Read(path), path, cased);

    /// <summary>Opens a tokenizer whose file was read before.</summary>
    /// <param name="file">The file.</param>
    /// <param name="kind">What the encoder's catalogue line says.</param>
    /// <exception cref="LearningException">It is no tokenizer, or one of another kind.</exception>
    public static ITextTokenizer Open(TokenizerFile file, TokenizerKind kind)
    {
        var tokenizer = OfKind(Parse(file, file.Name, IsCased(kind)), file.Name, kind);
        if (file.Cased is { } cased && cased != IsCased(kind))
            throw new LearningException($"The tokenizer {(cased ? "keeps" : "does not keep")} the case of texts, and the encoder wants one that " +
                $"{(cased ? "does not" : "does")}.");
        return tokenizer;
    }

    /// <summary>Opens the tokenizer of an encoder that is known to want one of the kind <paramref name="kind"/>.</summary>
    /// <param name="path">The file or the folder.</param>
    /// <param name="kind">What the encoder's catalogue line says.</param>
    /// <exception cref="LearningException">There is no such file, it is no tokenizer, or it is one of another kind.</exception>
    public static ITextTokenizer Open(string path, TokenizerKind kind) => Open(TokenizerFile.Read(path), kind);

    /// <summary>What the file of a tokenizer of that kind is called beside public weights.</summary>
    public static string NameOf(TokenizerKind kind) => kind == TokenizerKind.SentencePiece ? SentencePieceName : WordPieceName;

    /// <summary>Throws unless all ids of <paramref name="tokenizer"/> are rows of a token embedding with <paramref name="rows"/> rows, and few are
    /// left over.</summary>
    /// <exception cref="LearningException">They do not fit; names both sizes.</exception>
    public static void CheckVocabulary(ITextTokenizer tokenizer, long rows)
    {
        var size = tokenizer.VocabularySize;
        if (size <= rows && rows - size <= SpareRows) return;
        throw new LearningException($"The tokenizer does not fit the weights: it has {size} tokens, and the weights have embeddings for {rows}. " +
            "Use the tokenizer that was published with the weights.");
    }

    /// <summary>Throws unless <paramref name="tokenizer"/> is one for <paramref name="model"/>, by its vocabulary and its padding.</summary>
    /// <exception cref="LearningException">They do not fit; names what differs.</exception>
    public static void CheckVocabulary(ITextTokenizer tokenizer, TextEncoder model)
    {
        CheckVocabulary(tokenizer, model.Configuration.Vocabulary);
        if (tokenizer.PaddingToken != model.PaddingToken)
            throw new LearningException($"The tokenizer does not fit {model.Architecture}: it pads with token {tokenizer.PaddingToken}, and the " +
                $"network takes token {model.PaddingToken} for padding.");
    }

    /// <summary>The bytes of the tokenizer file <paramref name="path"/>.</summary>
    /// <exception cref="LearningException">It cannot be read.</exception>
    internal static byte[] Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LearningException($"The tokenizer file '{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The file <paramref name="path"/>, or the one tokenizer in the folder of that name.</summary>
    /// <exception cref="LearningException">The folder holds none, or several; or the file's name is no tokenizer's.</exception>
    internal static string Find(string path)
    {
        if (!Directory.Exists(path)) return IsName(path) ? path : throw Unknown(path);
        var vocabulary = Path.Combine(path, WordPieceName);
        if (File.Exists(vocabulary)) return vocabulary;
        var models = Directory.GetFiles(path, "*" + SentencePieceExtension);
        if (models.Length == 1) return models[0];
        var document = Path.Combine(path, TokenizerDocument.Name);
        if (models.Length == 0 && File.Exists(document)) return document;
        throw new LearningException($"The folder '{path}' holds no {WordPieceName}, {models.Length} files *{SentencePieceExtension} and " +
            $"{(File.Exists(document) ? "a" : "no")} {TokenizerDocument.Name}; expected is one tokenizer.");
    }

    /// <summary>Whether the file is a <c>tokenizer.json</c>, by its name.</summary>
    internal static bool IsDocument(string path) => Path.GetExtension(path).Equals(DocumentExtension, StringComparison.OrdinalIgnoreCase);

    private static bool IsCased(TokenizerKind kind) => kind != TokenizerKind.WordPieceUncased;

    private static bool IsName(string path) => Path.GetExtension(path).ToLowerInvariant() is WordPieceExtension or SentencePieceExtension
        || IsDocument(path);

    private static ITextTokenizer Open(TokenizerFile file, string path, bool cased) => Parse(file, path, file.Cased ?? cased);

    private static ITextTokenizer Parse(TokenizerFile file, string path, bool cased) => Path.GetExtension(file.Name).ToLowerInvariant() switch
    {
        WordPieceExtension => WordPieceTokenizer.Parse(file.Content, path, cased),
        SentencePieceExtension => SentencePieceTokenizer.Parse(file.Content, path),
        _ => throw Unknown(path),
    };

    private static LearningException Unknown(string path) => new(
        $"'{path}' is not known as a tokenizer by its name: expected is a WordPiece vocabulary, {WordPieceName}, a SentencePiece model, " +
        $"*{SentencePieceExtension}, or a {TokenizerDocument.Name}.");

    private static ITextTokenizer OfKind(ITextTokenizer tokenizer, string path, TokenizerKind kind) =>
        tokenizer is SentencePieceTokenizer == (kind == TokenizerKind.SentencePiece)
            ? tokenizer
            : throw new LearningException($"The tokenizer '{path}' is of another kind than the encoder's: expected is " +
                (kind == TokenizerKind.SentencePiece
                    ? $"a SentencePiece model, *{SentencePieceExtension}."
                    : $"a WordPiece vocabulary, {WordPieceName}."));
}
