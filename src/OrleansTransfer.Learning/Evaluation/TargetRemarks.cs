using System.Globalization;

namespace OrleansTransfer.Learning.Evaluation;

/// <summary>What predictions on an unlabelled target say of its labels: whether it seems to lack some of the source's, or to hold others.</summary>
public static class TargetRemarks
{
    // Of the share that the label has in the source: below it, next to nothing of the target was given the label.
    private const double LackingShare = 0.1;

    // A prediction that less than half of the probability stands behind is no decision.
    private const double Undecided = 0.5, ManyUndecided = 0.25;

    /// <summary>Sentences for a person; none where nothing is strange.</summary>
    /// <param name="source">Outputs on labelled source samples; null without such: labels are then taken to be equally frequent there.</param>
    /// <param name="target">Outputs on target samples.</param>
    /// <param name="labels">Label names in index order.</param>
    public static IReadOnlyList<string> Of(SampleOutputs? source, SampleOutputs target, IReadOnlyList<string> labels)
    {
        if (source is { Count: 0 } || target.Count == 0) return [];
        var remarks = new List<string>();
        var inTarget = Shares(target.Predictions, labels.Count);
        var inSource = source is null ? Enumerable.Repeat(1.0 / labels.Count, labels.Count).ToArray() : Shares(source.Labels, labels.Count);
        var lacking = labels.Where((_, k) => inSource[k] > 0 && inTarget[k] < LackingShare * inSource[k]).ToList();
        if (lacking.Count > 0)
            remarks.Add($"The target seems to lack {Names(lacking)}: next to none of its samples is predicted so. Methods that align whole domains harm there.");

        var (doubtSource, doubtTarget) = (source is null ? 0 : UndecidedShare(source), UndecidedShare(target));
        if (doubtTarget > ManyUndecided && doubtTarget > 3 * doubtSource)
            remarks.Add($"{Percent(doubtTarget)} of the target's samples fit no label (less than half of the probability"
                + $"{(source is null ? "" : $"; {Percent(doubtSource)} in the source")}): it may hold classes that the source has not.");
        return remarks;
    }

    /// <summary>Share of each label.</summary>
    public static double[] Shares(IReadOnlyList<int> labels, int classes)
    {
        var shares = new double[classes];
        foreach (var label in labels) shares[label] += 1.0 / labels.Count;
        return shares;
    }

    private static double UndecidedShare(SampleOutputs outputs) => outputs.Probabilities.Average(row => row.Max() < Undecided ? 1.0 : 0.0);

    private static string Names(IEnumerable<string> labels) => string.Join(", ", labels.Select(label => $"'{label}'"));

    private static string Percent(double share) => share.ToString("0 %", CultureInfo.InvariantCulture);
}
