using System.Text;

namespace OrleansTransfer.Learning.Text;

/// <summary>
/// Vectors for words that a table lacks, made of the table's own: a misspelt or inflected word shares most of its character n-grams with the words it
/// comes from. As in fastText (Bojanowski and others, arXiv 1607.04606) n-grams are hashed into buckets and mark the word's ends; but where fastText
/// learns a bucket's vector, here it is the mean of the vectors of all known words that contain the n-gram.
/// </summary>
internal static class NgramVectors
{
    /// <summary>Buckets that n-grams are hashed into: enough for two words' n-grams to meet by chance rarely.</summary>
    public const int Buckets = 1 << 20;

    private const int Shortest = 3, Longest = 5;
    private const uint OffsetBasis = 2166136261, Prime = 16777619;

    /// <summary>For each of <paramref name="words"/> the mean over its known n-grams' vectors, D numbers; null where it has none.</summary>
    public static IReadOnlyList<float[]?> Of(WordVectors vectors, IReadOnlyList<string> words)
    {
        // Only buckets that are asked for are filled: all of them would be larger than the table.
        var wanted = words.Select(word => Ngrams(word).ToArray()).ToList();
        Dictionary<int, Bucket> buckets = [];
        foreach (var bucket in wanted.SelectMany(ngrams => ngrams)) buckets.TryAdd(bucket, new(vectors.Dimensions));
        for (var row = 0; row < vectors.Words.Count; row++)
            foreach (var ngram in Ngrams(vectors.Words[row]).Distinct())
                if (buckets.TryGetValue(ngram, out var bucket)) bucket.Add(vectors.Vector(row));
        return [.. wanted.Select(ngrams => Mean(ngrams, buckets, vectors.Dimensions))];
    }

    /// <summary>The buckets of a word's n-grams.</summary>
    internal static IEnumerable<int> Ngrams(string word)
    {
        var bytes = Encoding.UTF8.GetBytes('<' + word + '>');
        // Where characters begin, and the end.
        var starts = Enumerable.Range(0, bytes.Length).Where(at => (bytes[at] & 0xC0) != 0x80).Append(bytes.Length).ToArray();
        for (var length = Shortest; length <= Longest; length++)
            for (var first = 0; first + length < starts.Length; first++)
                yield return (int)(Fnv1a(bytes.AsSpan(starts[first]..starts[first + length])) % Buckets);
    }

    /// <summary>The hash of Fowler, Noll and Vo, 32 bits, in the order of its variant 1a.</summary>
    internal static uint Fnv1a(ReadOnlySpan<byte> bytes)
    {
        var hash = OffsetBasis;
        foreach (var value in bytes) hash = unchecked((hash ^ value) * Prime);
        return hash;
    }

    private static float[]? Mean(int[] ngrams, Dictionary<int, Bucket> buckets, int dimensions)
    {
        var known = 0;
        var sum = new double[dimensions];
        foreach (var ngram in ngrams)
            if (buckets[ngram].AddMeanTo(sum)) known++;
        return known == 0 ? null : [.. sum.Select(value => (float)(value / known))];
    }

    private sealed class Bucket(int dimensions)
    {
        private readonly double[] _sum = new double[dimensions];
        private int _words;

        public void Add(ReadOnlySpan<float> vector)
        {
            for (var i = 0; i < vector.Length; i++) _sum[i] += vector[i];
            _words++;
        }

        public bool AddMeanTo(double[] sum)
        {
            if (_words == 0) return false;
            for (var i = 0; i < sum.Length; i++) sum[i] += _sum[i] / _words;
            return true;
        }
    }
}
