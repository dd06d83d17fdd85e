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
/// A label's score is its logit less the mean of all labels' logits. All labels are taken to be as frequent in the unlabelled texts as each other: the
/// score that separates a label's share of them from the rest counts as 0.
/// </para>
/// </summary>
public sealed class WordEvidence
{
    private WordEvidence(IReadOnlyList<LabelEvidence> labels, double[][] scores) => (Labels, Scores) = (labels, scores);

    /// <summary>What was gathered, label by label.</summary>
    public IReadOnlyList<LabelEvidence> Labels { get; }

    /// <summary>New scores of the texts, one row of K each, in the units of the scores that were given.</summary>
    public double[][] Scores { get; }

    /// <summary>Gathers evidence from unlabelled texts.</summary>
    /// <param name="texts">The features of each text: distinct numbers from 0 to <paramref name="features"/> (exclusive).</param>
    /// <param name="features">Features in all.</param>
    /// <param name="logits">One row of K logits per text.</param>
    /// <param name="options">Settings.</param>
    /// <exception cref="ArgumentException">There are not as many rows as texts, or none.</exception>
    public static WordEvidence Gather(
        IReadOnlyList<int[]> texts, int features, IReadOnlyList<float[]> logits, WordEvidenceOptions? options = null)
    {
        if (texts.Count != logits.Count || texts.Count == 0)
            throw new ArgumentException($"There are {logits.Count} rows of logits for {texts.Count} texts.", nameof(logits));
        var counts = new int[features];
        foreach (var feature in texts.SelectMany(text => text)) counts[feature]++;
        var (classes, labels) = (logits[0].Length, new List<LabelEvidence>());
        var means = logits.Select(row => row.Average(logit => (double)logit)).ToArray();
        var scores = texts.Select(_ => new double[classes]).ToArray();
        for (var k = 0; k < classes; k++)
        {
            var given = logits.Select((row, i) => row[k] - means[i]).ToArray();
            var (label, improved) = Gather(texts, counts, given, 1.0 / classes, options ?? new());
            labels.Add(label);
            for (var i = 0; i < improved.Length; i++) scores[i][k] = improved[i];
        }
        return new(labels, scores);
    }

    // Words are neither independent, when their evidence would add up, nor all the same, when its mean would count: between the two.
    internal static double Total(double sum, int features) => sum / Math.Sqrt(Math.Max(1, features));

    private static (LabelEvidence, double[]) Gather(
        IReadOnlyList<int[]> texts, int[] counts, double[] scores, double share, WordEvidenceOptions options)
    {
        var given = Scale.Of(scores, share);
        var own = scores.Select(given.Apply).ToArray();
        var (current, sums, words, both) = (own, new double[counts.Length], given, given);
        for (var round = 0; round < options.Rounds; round++)
        {
            var limited = current.Select(score => Math.Clamp(score, -options.Limit, options.Limit)).ToArray();
            Array.Clear(sums);
            for (var i = 0; i < texts.Count; i++)
                foreach (var feature in texts[i]) sums[feature] += limited[i];
            var evidence = texts.Select((text, i) => Total(
                text.Sum(feature => (sums[feature] - limited[i]) / (counts[feature] - 1 + options.Shrinkage)), text.Length)).ToArray();
            words = Scale.Of(evidence, share);
            var joined = evidence.Select((value, i) => own[i] + words.Apply(value)).ToArray();
            both = Scale.Of(joined, share);
            current = [.. joined.Select(both.Apply)];
        }
        return (
            new([.. sums.Select((sum, feature) => (float)(sum / (counts[feature] + options.Shrinkage)))], given, words, both),
            [.. current.Select(score => score * both.Deviation * given.Deviation)]);
    }

    /// <summary>Brings numbers to standard deviation 1, and the one above which a share of them lies to 0.</summary>
    /// <param name="Centre">The number that becomes 0.</param>
    /// <param name="Deviation">The deviation that becomes 1; above 0.</param>
    public readonly record struct Scale(double Centre, double Deviation)
    {
        /// <summary>The scale of numbers.</summary>
        /// <param name="values">At least one.</param>
        /// <param name="share">Above the centre lie so many of them, 0 to 1 (exclusive).</param>
        public static Scale Of(IReadOnlyList<double> values, double share)
        {
            var sorted = values.Order().ToList();
            var at = (sorted.Count - 1) * (1 - share);
            var (low, high) = ((int)Math.Floor(at), (int)Math.Ceiling(at));
            var mean = values.Average();
            var deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
            return new(sorted[low] + (sorted[high] - sorted[low]) * (at - low), deviation > 0 ? deviation : 1);
        }

        /// <summary>A number on this scale.</summary>
        public double Apply(double value) => (value - Centre) / Deviation;
    }

    /// <summary>Evidence for one label.</summary>
    /// <param name="Values">Of each feature.</param>
    /// <param name="Given">Scale of the scores that were given.</param>
    /// <param name="Words">Scale of what a text's words say together.</param>
    /// <param name="Both">Scale of the sum of the two.</param>
    public sealed record LabelEvidence(float[] Values, Scale Given, Scale Words, Scale Both);
}
