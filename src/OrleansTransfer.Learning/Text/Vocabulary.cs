using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Text;

/// <summary>What becomes of the words of the texts that no table has.</summary>
public enum UnknownWords
{
    /// <summary>They are left out.</summary>
    Drop,

    /// <summary>They get a vector from the known words that share their character n-grams.</summary>
    Ngrams,
}

/// <summary>
/// The ids of words: 0 is padding, then come the words of the tables in their order, then those words of the texts that no table has but whose vector
/// could be made, in ordinal order. A network takes ids alone, so a made vector is a row of its embedding like any other.
/// </summary>
public sealed class Vocabulary
{
    /// <summary>The id that stands for no word.</summary>
    public const int Padding = 0;

    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int> _folded = new(StringComparer.Ordinal);

    /// <summary>A vocabulary of words in the order of their ids.</summary>
    /// <param name="words">Distinct words; the first has id 1.</param>
    public Vocabulary(IReadOnlyList<string> words)
    {
        Words = words;
        _ids = new(words.Count, StringComparer.Ordinal);
        for (var i = 0; i < words.Count; i++)
        {
            if (!_ids.TryAdd(words[i], i + 1)) throw new ArgumentException($"The word '{words[i]}' is there twice.", nameof(words));
            _folded.TryAdd(WordFolding.Fold(words[i]), i + 1);
        }
    }

    /// <summary>Word i has id i + 1.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>Ids, padding included: the rows of an embedding.</summary>
    public int Rows => Words.Count + 1;

    /// <summary>
    /// Id of a word as <see cref="WordTokenizer"/> writes it. Where there is none, that of a word which differs in accents, nuktas or the sign of
    /// nasality alone, as writers leave them out: <c>clichés</c> finds <c>cliches</c>. Null when there is neither.
    /// </summary>
    public int? Id(string word)
    {
        if (_ids.TryGetValue(word, out var id)) return id;
        return _folded.TryGetValue(WordFolding.Fold(word), out id) ? id : null;
    }

    /// <summary>Ids of the words of a text, as they are asked for; words without an id are left out.</summary>
    public IEnumerable<int> Encode(string text) => WordTokenizer.Tokenize(text).Select(Id).OfType<int>();

    /// <summary>This vocabulary with those words of some texts that have no id in it, behind its own, without accents, in ordinal order.</summary>
    public Vocabulary With(IEnumerable<string> texts) => new(
    [
        .. Words,
        .. texts.SelectMany(WordTokenizer.Tokenize).Where(token => WordTokenizer.IsWord(token) && Id(token) is null).Select(WordFolding.Fold)
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
    ]);

    /// <summary>
    /// The vocabulary of tables and texts, and its vectors: float32 <c>[1+V+U,D]</c>, row 0 zero. The caller owns the tensor. The same for the same
    /// tables and texts, whatever the order of the texts.
    /// </summary>
    public static (Vocabulary Vocabulary, Tensor Vectors) Build(WordVectors vectors, IEnumerable<string> texts, UnknownWords unknown)
    {
        var known = new Vocabulary(vectors.Words);
        List<(string Word, float[] Vector)> made = [];
        if (unknown == UnknownWords.Ngrams)
        {
            var words = texts.SelectMany(WordTokenizer.Tokenize).Where(token => WordTokenizer.IsWord(token) && known.Id(token) is null)
                .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
            foreach (var (word, vector) in words.Zip(NgramVectors.Of(vectors, words)))
                if (vector is not null) made.Add((word, vector));
        }
        using var scope = NewDisposeScope();
        var rows = zeros([1 + vectors.Words.Count + made.Count, vectors.Dimensions], ScalarType.Float32);
        rows.narrow(0, 1, vectors.Words.Count).copy_(vectors.CreateTensor());
        var values = MemoryMarshal.Cast<byte, float>(rows.bytes);
        for (var i = 0; i < made.Count; i++)
            made[i].Vector.CopyTo(values[((1 + vectors.Words.Count + i) * vectors.Dimensions)..]);
        return (new([.. vectors.Words, .. made.Select(entry => entry.Word)]), rows.MoveToOuterDisposeScope());
    }
}
