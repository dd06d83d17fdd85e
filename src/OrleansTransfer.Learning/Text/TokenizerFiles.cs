using OrleansTransfer.Learning.Models.Text;

namespace OrleansTransfer.Learning.Text;

/// <summary>Tokenizers as files, as they lie beside the weights of public text encoders.</summary>
public static class TokenizerFiles
{
    private const string WordPieceName = "vocab.txt", SentencePieceExtension = ".model";

    // Embeddings may be filled up with rows that no token has, for the sake of a round number or, in multilingual E5, by 35.
    private const int SpareRows = 128;

    /// <summary>
    /// Opens a tokenizer by its file: a WordPiece vocabulary (<c>vocab.txt</c>, or any <c>.txt</c>) or a SentencePiece model (<c>.model</c>); or by
    /// the folder that holds one of the two.
    /// </summary>
    /// <param name="path">The file or the folder.</param>
    /// <param name="cased">Whether texts keep their case, where the file does not say.</param>
    /// <exception cref="LearningException">There is no such file, or it is no tokenizer.</exception>
    public static ITextTokenizer Open(string path, bool cased = true)
    {
        var file = Directory.Exists(path) ? InFolder(path) : path;
        return Path.GetExtension(file).ToLowerInvariant() switch
        {
            ".txt" => WordPieceTokenizer.Open(file, cased),
            SentencePieceExtension => SentencePieceTokenizer.Open(file),
            _ => throw new LearningException($"'{file}' is not known as a tokenizer by its name: expected is a WordPiece vocabulary, " +
                $"{WordPieceName}, or a SentencePiece model, *{SentencePieceExtension}."),
        };
    }

    /// <summary>Opens the tokenizer of an encoder that is known to want one of the kind <paramref name="kind"/>.</summary>
    /// <param name="path">The file or the folder.</param>
    /// <param name="kind">What the encoder's catalogue line says.</param>
    /// <exception cref="LearningException">There is no such file, it is no tokenizer, or it is one of another kind.</exception>
    public static ITextTokenizer Open(string path, TokenizerKind kind)
    {
        var tokenizer = Open(path, cased: kind != TokenizerKind.WordPieceUncased);
        return tokenizer is SentencePieceTokenizer == (kind == TokenizerKind.SentencePiece)
            ? tokenizer
            : throw new LearningException($"The tokenizer '{path}' is of another kind than the encoder's: expected is " +
                (kind == TokenizerKind.SentencePiece
                    ? $"a SentencePiece model, *{SentencePieceExtension}."
                    : $"a WordPiece vocabulary, {WordPieceName}."));
    }

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

    private static string InFolder(string folder)
    {
        var vocabulary = Path.Combine(folder, WordPieceName);
        if (File.Exists(vocabulary)) return vocabulary;
        var models = Directory.GetFiles(folder, "*" + SentencePieceExtension);
        return models.Length == 1
            ? models[0]
            : throw new LearningException($"The folder '{folder}' holds no {WordPieceName} and {models.Length} files *{SentencePieceExtension}; " +
                "expected is one tokenizer.");
    }
}
