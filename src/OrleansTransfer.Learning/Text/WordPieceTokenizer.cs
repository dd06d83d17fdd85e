using System.Text;
using Microsoft.ML.Tokenizers;
using WordPiece = Microsoft.ML.Tokenizers.WordPieceTokenizer;

namespace OrleansTransfer.Learning.Text;

/// <summary>
/// BERT's tokenizer: words that are not in its vocabulary are cut into the longest pieces that are (Wu et al., arXiv 1609.08144, section 4.1). A text
/// stands between [CLS] and [SEP].
/// </summary>
public sealed class WordPieceTokenizer : ITextTokenizer
{
    private const string Unknown = "[UNK]", Padding = "[PAD]", First = "[CLS]", Last = "[SEP]";

    private readonly bool _cased;
    private readonly int _first, _last;
    private readonly WordPiece _pieces;

    private WordPieceTokenizer(IReadOnlyDictionary<string, int> vocabulary, int size, WordPiece pieces, bool cased)
    {
        (_pieces, _cased, VocabularySize) = (pieces, cased, size);
        (_first, _last, PaddingToken) = (vocabulary[First], vocabulary[Last], vocabulary[Padding]);
    }

    /// <inheritdoc/>
    public int PaddingToken { get; }

    /// <inheritdoc/>
    public int VocabularySize { get; }

    /// <summary>Reads a <c>vocab.txt</c>, whose lines are the tokens in the order of their ids.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cased">
    /// Whether texts keep their case. Vocabularies called uncased want lower case and letters without accents, in Latin, Greek and Cyrillic script;
    /// the vowel signs of other scripts stay in any case.
    /// </param>
    /// <exception cref="LearningException">The file cannot be read or is not such a vocabulary.</exception>
    public static WordPieceTokenizer Open(string path, bool cased = true) => Parse(TokenizerFiles.Read(path), path, cased);

    /// <summary>Reads the content of such a file, which messages call <paramref name="path"/>.</summary>
    /// <inheritdoc cref="Open"/>
    internal static WordPieceTokenizer Parse(byte[] bytes, string path, bool cased)
    {
        Dictionary<string, int> vocabulary = new(StringComparer.Ordinal);
        using var reader = new StreamReader(new MemoryStream(bytes), Encoding.UTF8);
        var size = 0;
        for (var id = 0; reader.ReadLine() is { } line; id++)
        {
            if (line.Length == 0) continue;
            if (!vocabulary.TryAdd(line, id))
                throw new LearningException($"'{path}' is not a WordPiece vocabulary: its lines {vocabulary[line] + 1} and {id + 1} are both " +
                    $"'{Shown(line)}'.");
            size = id + 1;
        }
        if (new[] { Padding, Unknown, First, Last }.FirstOrDefault(token => !vocabulary.ContainsKey(token)) is { } missing)
            throw new LearningException($"'{path}' is not a WordPiece vocabulary: of its {vocabulary.Count} lines, none is {missing}.");

        var options = new WordPieceOptions { UnknownToken = Unknown, PreTokenizer = PreTokenizer.CreateWhiteSpace() };
        return new(vocabulary, size, WordPiece.Create(new MemoryStream(bytes), options), cased);
    }

    /// <inheritdoc/>
    public EncodedText Encode(string text, int maximumLength) =>
        EncodedText.Between(_first, _pieces.EncodeToIds(BasicTokens.Split(text, _cased)), _last, maximumLength);

    // A file that is something else may be one line.
    private static string Shown(string line) => line.Length <= 40 ? line : line[..40] + "...";
}
