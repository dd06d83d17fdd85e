using System.Runtime.InteropServices;
using OrleansTransfer.Learning.Text.Unicode;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Text;

/// <summary>Words with a vector each, of one space: words of several languages may stand together.</summary>
public sealed class WordVectors
{
    private readonly Dictionary<string, int> _rows;
    private readonly float[] _values;

    internal WordVectors(IReadOnlyList<string> words, Dictionary<string, int> rows, float[] values, int dimensions)
    {
        (Words, _rows, _values, Dimensions) = (words, rows, values, dimensions);
    }

    /// <summary>V words, in composed form; a vector's row is its word's place.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>D, the numbers in a vector.</summary>
    public int Dimensions { get; }

    /// <summary>
    /// Reads one or more tables of one space: safetensors with a single tensor <c>[V,D]</c> beside a file of its words
    /// (<c>NAME.safetensors</c> or <c>NAME.f16.safetensors</c> and <c>NAME.vocab.txt</c>, one word a line), or the text format of word2vec, GloVe and
    /// fastText. Of a word that is there several times the first vector counts.
    /// </summary>
    /// <param name="paths">The tables, the most trusted first.</param>
    /// <param name="normalise">
    /// Whether each table's vectors are scaled to length 1, centred to mean 0, and scaled again, which makes tables of different languages comparable
    /// (Artetxe and others, "Generalizing and improving bilingual word embedding mappings", AAAI 2018). One table, one language.
    /// </param>
    /// <exception cref="LearningException">A table is missing or malformed, or their dimensions differ.</exception>
    public static WordVectors Load(IReadOnlyList<string> paths, bool normalise = false)
    {
        if (paths.Count == 0) throw new LearningException("No table of word vectors is given. Expected at least one.");
        List<string> words = [];
        Dictionary<string, int> rows = new(StringComparer.Ordinal);
        List<float[]> values = [];
        var dimensions = 0;
        foreach (var path in paths)
        {
            var table = VectorTable.Read(path);
            if (values.Count > 0 && table.Dimensions != dimensions)
                throw new LearningException(
                    $"The vectors of '{path}' have {table.Dimensions} dimensions, those of '{paths[0]}' {dimensions}. Expected tables of one space.");
            dimensions = table.Dimensions;
            if (normalise) Normalise(table.Values, dimensions);
            var kept = 0;
            for (var row = 0; row < table.Words.Count; row++)
            {
                var word = ComposedForm.Of(table.Words[row]);
                if (!rows.TryAdd(word, words.Count)) continue;
                words.Add(word);
                if (kept != row) table.Values.AsSpan(row * dimensions, dimensions).CopyTo(table.Values.AsSpan(kept * dimensions, dimensions));
                kept++;
            }
            values.Add(kept == table.Words.Count ? table.Values : table.Values[..(kept * dimensions)]);
        }
        return new(words, rows, values.Count == 1 ? values[0] : Joined(values), dimensions);
    }

    /// <summary>Row of <paramref name="word"/>; null if there is none.</summary>
    public int? Row(string word) => _rows.TryGetValue(word, out var row) ? row : null;

    /// <summary>The vector of a row, D numbers.</summary>
    public ReadOnlySpan<float> Vector(int row) => _values.AsSpan(row * Dimensions, Dimensions);

    /// <summary>All vectors as a new tensor, float32 <c>[V,D]</c>, which the caller owns.</summary>
    public Tensor CreateTensor()
    {
        var vectors = empty([Words.Count, Dimensions], ScalarType.Float32);
        _values.AsSpan().CopyTo(MemoryMarshal.Cast<byte, float>(vectors.bytes));
        return vectors;
    }

    /// <summary>The <paramref name="count"/> words whose vectors have the largest cosine with <paramref name="vector"/>, the closest first.</summary>
    public IReadOnlyList<(string Word, double Cosine)> Nearest(ReadOnlySpan<float> vector, int count)
    {
        var cosines = new (string Word, double Cosine)[Words.Count];
        for (var row = 0; row < cosines.Length; row++) cosines[row] = (Words[row], Cosine(vector, Vector(row)));
        return [.. cosines.OrderByDescending(entry => entry.Cosine).Take(count)];
    }

    private static float[] Joined(List<float[]> parts)
    {
        var joined = new float[parts.Sum(part => part.Length)];
        var at = 0;
        foreach (var part in parts)
        {
            part.CopyTo(joined, at);
            at += part.Length;
        }
        return joined;
    }

    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double dot = 0, lengthA = 0, lengthB = 0;
        for (var i = 0; i < a.Length; i++)
        {
            dot += (double)a[i] * b[i];
            lengthA += (double)a[i] * a[i];
            lengthB += (double)b[i] * b[i];
        }
        return lengthA == 0 || lengthB == 0 ? 0 : dot / Math.Sqrt(lengthA * lengthB);
    }

    private static void Normalise(float[] values, int dimensions)
    {
        ScaleToUnit(values, dimensions);
        var sum = new double[dimensions];
        for (var i = 0; i < values.Length; i++) sum[i % dimensions] += values[i];
        var count = values.Length / dimensions;
        for (var i = 0; i < values.Length; i++) values[i] -= (float)(sum[i % dimensions] / count);
        ScaleToUnit(values, dimensions);
    }

    private static void ScaleToUnit(float[] values, int dimensions)
    {
        for (var start = 0; start < values.Length; start += dimensions)
        {
            var row = values.AsSpan(start, dimensions);
            double squares = 0;
            foreach (var value in row) squares += (double)value * value;
            if (squares == 0) continue;
            var scale = 1 / Math.Sqrt(squares);
            foreach (ref var value in row) value = (float)(value * scale);
        }
    }
}
