namespace OrleansTransfer.Learning.Evaluation;

/// <summary>How well a classifier did on labelled samples.</summary>
/// <param name="Labels">Label names in index order.</param>
/// <param name="Confusion">Counts <c>[actual][predicted]</c>.</param>
/// <param name="Loss">Mean cross-entropy in nats.</param>
public sealed record ClassificationReport(IReadOnlyList<string> Labels, IReadOnlyList<IReadOnlyList<long>> Confusion, double Loss)
{
    /// <summary>Number of samples judged.</summary>
    public long Samples => Confusion.Sum(row => row.Sum());

    /// <summary>Share of samples whose highest logit is that of their label; 0 without samples.</summary>
    public double Accuracy => Samples == 0 ? 0 : (double)Confusion.Select((row, i) => row[i]).Sum() / Samples;

    /// <summary>Precision, recall and F1 of each label.</summary>
    public IReadOnlyList<LabelScore> PerLabel => [.. Labels.Select((label, i) => LabelScore.Of(label, i, Confusion))];

    /// <summary>Unweighted mean of the labels' F1, over labels that occur in the data or in the predictions.</summary>
    public double MacroF1
    {
        get
        {
            var scores = PerLabel.Where(score => score.Support + score.Predicted > 0).Select(score => score.F1).ToList();
            return scores.Count == 0 ? 0 : scores.Average();
        }
    }
}

/// <summary>How one label fared.</summary>
/// <param name="Support">Samples that have the label.</param>
/// <param name="Predicted">Samples that were given it.</param>
/// <param name="Precision">Share of the given ones that have it; 0 when none was given.</param>
/// <param name="Recall">Share of those that have it that were given it; 0 without support.</param>
/// <param name="F1">Harmonic mean of precision and recall; 0 when both are 0.</param>
public sealed record LabelScore(string Label, long Support, long Predicted, double Precision, double Recall, double F1)
{
    internal static LabelScore Of(string label, int index, IReadOnlyList<IReadOnlyList<long>> confusion)
    {
        long support = confusion[index].Sum(), predicted = confusion.Sum(row => row[index]), correct = confusion[index][index];
        var precision = predicted == 0 ? 0 : (double)correct / predicted;
        var recall = support == 0 ? 0 : (double)correct / support;
        return new(label, support, predicted, precision, recall, precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall));
    }
}
