namespace OrleansTransfer.Learning.Text;

/// <summary>Settings of <see cref="WordEvidence"/>.</summary>
/// <param name="Rounds">How often evidence is gathered from the scores that the evidence before it gave.</param>
/// <param name="Shrinkage">Texts without opinion that each word is taken to occur in beside those it does: rare words say little.</param>
/// <param name="Limit">Largest score, in standard deviations, that a text counts with.</param>
public sealed record WordEvidenceOptions(int Rounds = 4, double Shrinkage = 1, double Limit = 2);

/// <summary>
/// Improves the scores that a classifier of another language or field gives to unlabelled texts. A word's evidence is the mean score of the texts it
/// occurs in; a text's new score is its own and, with equal weight, that of its words and pairs of neighbouring words. So words speak of which the
/// classifier knows nothing, because they keep company with those it knows: self-training (Yarowsky, ACL 1995) with a naive Bayes learner, in which a
/// text's own score is left out of the evidence that judges it.
/// <para>
/// Scores are of one label against the rest, and the rest is taken to be as frequent in the unlabelled texts: a score above 0 speaks for the label.
/// </para>
/// </summary>
public sealed class WordEvidence
{
    private readonly Dictionary<string, int> _features;
    private readonly double[] _evidence;
    private readonly Scale _given, _words, _both;

    private WordEvidence(Dictionary<string, int> features, double[] evidence, Scale given, Scale words, Scale both, double[] scores)
    {
        (_features, _evidence, _given, _words, _both, Scores) = (features, evidence, given, words, both, scores);
    }

    /// <summary>New scores of the texts it was gathered from, of standard deviation 1 and median 0.</summary>
    public IReadOnlyList<double> Scores { get; }

    /// <summary>Gathers evidence from unlabelled texts.</summary>
    /// <param name="scores">What the classifier says of each text: the logarithm of the odds of the label, for instance.</param>
    /// <exception cref="ArgumentException">There are not as many scores as texts, or none.</exception>
    public static WordEvidence Gather(IReadOnlyList<string> texts, IReadOnlyList<double> scores, WordEvidenceOptions? options = null)
    {
        if (texts.Count != scores.Count || texts.Count == 0)
            throw new ArgumentException($"There are {scores.Count} scores for {texts.Count} texts.", nameof(scores));
        options ??= new();
        Dictionary<string, int> features = new(StringComparer.Ordinal);
        var found = texts.Select(text => Features(text).Select(feature =>
        {
            if (!features.TryGetValue(feature, out var id)) features.Add(feature, id = features.Count);
            return id;
        }).ToArray()).ToList();
        var counts = new int[features.Count];
        foreach (var id in found.SelectMany(ids => ids)) counts[id]++;

        var given = Scale.Of(scores);
        var own = scores.Select(given.Apply).ToArray();
        var current = own;
        var sums = new double[features.Count];
        var (words, both) = (given, given);
        for (var round = 0; round < options.Rounds; round++)
        {
            var limited = current.Select(score => Math.Clamp(score, -options.Limit, options.Limit)).ToArray();
            Array.Clear(sums);
            for (var i = 0; i < found.Count; i++)
                foreach (var id in found[i]) sums[id] += limited[i];
            var evidence = found.Select((ids, i) =>
                Total(ids.Sum(id => (sums[id] - limited[i]) / (counts[id] - 1 + options.Shrinkage)), ids.Length)).ToArray();
            words = Scale.Of(evidence);
            var joined = evidence.Select((value, i) => own[i] + words.Apply(value)).ToArray();
            both = Scale.Of(joined);
            current = [.. joined.Select(both.Apply)];
        }
        return new(features, [.. sums.Select((sum, id) => sum / (counts[id] + options.Shrinkage))], given, words, both, current);
    }

    /// <summary>The new score of a text that may or may not be among those.</summary>
    /// <param name="score">What the classifier says of it.</param>
    public double Score(string text, double score)
    {
        var features = Features(text).ToList();
        var sum = features.Sum(feature => _features.TryGetValue(feature, out var id) ? _evidence[id] : 0);
        return _both.Apply(_given.Apply(score) + _words.Apply(Total(sum, features.Count)));
    }

    // Words are neither independent, when their evidence would add up, nor all the same, when its mean would count: between the two.
    private static double Total(double sum, int features) => sum / Math.Sqrt(Math.Max(1, features));

    private static IEnumerable<string> Features(string text)
    {
        var words = WordTokenizer.Tokenize(text).Where(WordTokenizer.IsWord).Select(WordFolding.Fold).ToList();
        return words.Concat(words.Zip(words.Skip(1), (first, second) => $"{first} {second}")).Distinct(StringComparer.Ordinal);
    }

    /// <summary>Brings numbers to median 0 and standard deviation 1.</summary>
    private readonly record struct Scale(double Median, double Deviation)
    {
        public static Scale Of(IReadOnlyList<double> values)
        {
            var sorted = values.Order().ToList();
            var median = (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
            var mean = values.Average();
            var deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
            return new(median, deviation > 0 ? deviation : 1);
        }

        public double Apply(double value) => (value - Median) / Deviation;
    }
}
