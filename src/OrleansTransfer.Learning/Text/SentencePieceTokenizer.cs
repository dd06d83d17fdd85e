using System.Buffers;
using System.Text;
using Google.Protobuf;
using SentencePiece = Microsoft.ML.Tokenizers.SentencePieceTokenizer;

namespace OrleansTransfer.Learning.Text;

/// <summary>
/// XLM-RoBERTa's tokenizer: the likeliest cut into pieces of a unigram model (Kudo, arXiv 1804.10959). A text stands between &lt;s&gt; and
/// &lt;/s&gt;. Its ids are not the model file's: four special tokens come first, of which the file has three in another order, and a mask last.
/// </summary>
public sealed class SentencePieceTokenizer : ITextTokenizer
{
    private const int First = 0, Padding = 1, Last = 2, Unknown = 3;

    // What is before the first piece here and what is before it in the file.
    private const int Shift = 1;

    // What the usual normalisation takes for a space, and what it deletes. A model without it knows none of them, and the deletions of a model with
    // it are not done by the reader.
    private static readonly SearchValues<char> s_separators = SearchValues.Create("\t\n\f\r");
    private static readonly SearchValues<char> s_deleted = SearchValues.Create(
        "\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u000B\u000E\u000F\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001A" +
        "\u001B\u001C\u001D\u001E\u001F\u007F\u008F\u009F");

    private readonly SentencePiece _pieces;

    private SentencePieceTokenizer(SentencePiece pieces)
    {
        _pieces = pieces;
        VocabularySize = pieces.Vocabulary.Values.Max() + 1 + Shift + 1;
    }

    /// <inheritdoc/>
    public int PaddingToken => Padding;

    /// <inheritdoc/>
    public int VocabularySize { get; }

    /// <summary>Reads a <c>sentencepiece.bpe.model</c>, which in spite of the name holds a unigram model.</summary>
    /// <exception cref="LearningException">The file cannot be read or is not such a model.</exception>
    public static SentencePieceTokenizer Open(string path) => Parse(TokenizerFiles.Read(path), path);

    /// <summary>Reads the content of such a file, which messages call <paramref name="path"/>.</summary>
    /// <inheritdoc cref="Open"/>
    internal static SentencePieceTokenizer Parse(byte[] bytes, string path)
    {
        SentencePiece pieces;
        try
        {
            using var stream = new MemoryStream(bytes);
            pieces = SentencePiece.Create(stream, addBeginningOfSentence: false, addEndOfSentence: false);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or ArgumentException or InvalidOperationException or IndexOutOfRangeException
            or NullReferenceException)
        {
            // The reader takes for granted that a file that it can parse, as an empty one, has all parts of a model.
            throw new LearningException($"'{path}' is not a SentencePiece model: {e.Message}", e);
        }
        var (unknown, first, last) = (pieces.UnknownId, pieces.BeginningOfSentenceId, pieces.EndOfSentenceId);
        return (unknown, first, last) == (0, 1, 2)
            ? new(pieces)
            : throw new LearningException($"'{path}' is a SentencePiece model of another family: its unknown piece, beginning and end are " +
                $"{unknown}, {first} and {last}; XLM-RoBERTa's are 0, 1 and 2.");
    }

    /// <inheritdoc/>
    public EncodedText Encode(string text, int maximumLength)
    {
        var pieces = _pieces.EncodeToIds(Clean(text), addBeginningOfSentence: false, addEndOfSentence: false);
        List<int> ids = new(pieces.Count);
        foreach (var piece in pieces)
        {
            // Characters of no piece that follow each other are one unknown token.
            if (piece != _pieces.UnknownId) ids.Add(piece + Shift);
            else if (ids.Count == 0 || ids[^1] != Unknown) ids.Add(Unknown);
        }
        return EncodedText.Between(First, ids, Last, maximumLength);
    }

    private static string Clean(string text)
    {
        if (!text.AsSpan().ContainsAny(s_separators) && !text.AsSpan().ContainsAny(s_deleted)) return text;
        var clean = new StringBuilder(text.Length);
        foreach (var character in text)
            if (s_separators.Contains(character)) clean.Append(' ');
            else if (!s_deleted.Contains(character)) clean.Append(character);
        return clean.ToString();
    }
}
