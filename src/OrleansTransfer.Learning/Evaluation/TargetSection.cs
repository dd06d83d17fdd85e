using System.Globalization;
using System.Net;
using System.Text;
using OrleansTransfer.Learning.Evaluation.Validators;

namespace OrleansTransfer.Learning.Evaluation;

/// <summary>The part of a report that is about a target domain without labels.</summary>
internal static class TargetSection
{
    private const int MostPredictions = 200;
    private const string AsItCame = "the model as it came";

    private static readonly string[] s_colours = ["#2563eb", "#16a34a", "#9333ea", "#dc2626", "#0891b2", "#a16207"];

    public static void Render(StringBuilder page, TargetContent content, IReadOnlyList<string> labels)
    {
        page.Append($"<section>\n<h2>Target domain</h2>\n<p class=\"sub\">Method {Escape(content.Method)}; the weights are those of ");
        page.Append(content.PickedEpoch < 0 ? AsItCame : $"epoch {content.PickedEpoch + 1} of {content.Epochs.Count(epoch => epoch.Epoch >= 0)}");
        page.Append($", picked by {Escape(content.Validator)}, which needs no target label.");
        page.Append(content.Source is null ? " No data of the source was read.</p>\n" : "</p>\n");
        foreach (var remark in content.Remarks) page.Append($"<p><b>Mind:</b> {Escape(remark)}</p>\n");
        if (content.Test is { Samples: > 0 } test)
        {
            var interval = BootstrapInterval.OfAccuracy(test);
            page.Append($"<p>Accuracy on the {test.Samples} labelled target samples: <b>{Number(test.Accuracy)}</b>; other samples of the kind would give ");
            page.Append($"{Number(interval.Low)} to {Number(interval.High)} (95 % bootstrap interval).</p>\n");
        }
        Choices(page, content);
        Steps(page, content);
        page.Append("</section>\n");
        Course(page, content);
        Maps(page, content, labels);
        Shares(page, content, labels);
        Predictions(page, content, labels);
    }

    /// <summary>Which epoch each way of choosing takes, and how good it is where labels exist for checking.</summary>
    private static void Choices(StringBuilder page, TargetContent content)
    {
        if (content.Epochs.Count == 0) return;
        var known = content.Epochs.Any(epoch => double.IsFinite(epoch.Accuracy));
        page.Append("<table>\n<tr><th>choice</th><th>epoch</th><th>score</th>");
        page.Append(known ? "<th>accuracy on labelled target samples</th></tr>\n" : "</tr>\n");
        var picked = content.Epochs.FirstOrDefault(epoch => epoch.Epoch == content.PickedEpoch) ?? content.Epochs[^1];
        Row($"picked ({content.Validator})", picked, ScoreOf(picked, content.Validator));
        if (content.Epochs[0] is { Epoch: < 0 } start) Row("before adaptation", start, ScoreOf(start, content.Validator));
        Row("last epoch", content.Epochs[^1], double.NaN);
        if (known) Row("oracle: best by target labels, which nobody has", content.Epochs.MaxBy(epoch => epoch.Accuracy)!, double.NaN);
        foreach (var (i, validator) in UnsupervisedValidators.All.Index())
            if (content.Epochs.Where(epoch => double.IsFinite(epoch.Scores[i])).MaxBy(epoch => epoch.Scores[i]) is { } best)
                Row($"{validator.Name}: {validator.Summary}", best, best.Scores[i]);
        page.Append("</table>\n");

        void Row(string name, TargetPoint epoch, double score)
        {
            page.Append($"<tr><td>{Escape(name)}</td><td>{(epoch.Epoch < 0 ? AsItCame : $"{epoch.Epoch + 1}")}</td><td>{Number(score)}</td>");
            page.Append(known ? $"<td>{Number(epoch.Accuracy)}</td></tr>\n" : "</tr>\n");
        }
    }

    /// <summary>What each phase of the method brings, where it has several and labels exist for checking.</summary>
    private static void Steps(StringBuilder page, TargetContent content)
    {
        var phases = content.Epochs.Where(epoch => epoch.Epoch >= 0).GroupBy(epoch => epoch.Phase).Select(phase => phase.Last()).ToList();
        if (phases.Count < 2 || !phases.TrueForAll(phase => double.IsFinite(phase.Accuracy))) return;
        page.Append("<table>\n<tr><th>step</th><th>its last epoch</th><th>accuracy after it</th><th>gain</th></tr>\n");
        foreach (var (i, phase) in phases.Index())
        {
            var gain = i == 0 ? "" : (phase.Accuracy - phases[i - 1].Accuracy).ToString("+0.000;-0.000", CultureInfo.InvariantCulture);
            page.Append($"<tr><td>{Escape(phase.Phase)}</td><td>{phase.Epoch + 1}</td><td>{Number(phase.Accuracy)}</td><td>{gain}</td></tr>\n");
        }
        page.Append("</table>\n");
    }

    private static double ScoreOf(TargetPoint epoch, string validator) =>
        UnsupervisedValidators.IndexOf(validator) is var index and >= 0 ? epoch.Scores[index] : double.NaN;

    private static void Course(StringBuilder page, TargetContent content)
    {
        if (content.Epochs.Count < 2) return;
        page.Append("<section>\n<h2>Target, epoch by epoch</h2>\n<div class=\"charts\">\n");
        if (content.Epochs.Any(epoch => double.IsFinite(epoch.Accuracy)))
            page.Append(LineChart.Render("Accuracy", [new("labelled target", "#ea580c", [.. content.Epochs.Select(epoch => epoch.Accuracy)])], ceiling: 1));
        var isStart = content.Epochs[0].Epoch < 0;
        if (isStart) page.Append("<p class=\"sub\">The first point is the model as it came.</p>\n");
        ChartLine[] scores = [.. UnsupervisedValidators.All.Index()
            .Where(validator => content.Epochs.Any(epoch => double.IsFinite(epoch.Scores[validator.Index]))).Select(validator => new ChartLine(
            validator.Item.Name, s_colours[validator.Index % s_colours.Length], Scaled([.. content.Epochs.Select(epoch => epoch.Scores[validator.Index])])))];
        page.Append('\n').Append(LineChart.Render("Scores, each from its lowest to its highest", scores, ceiling: 1)).Append("\n</div>\n</section>\n");
    }

    private static double[] Scaled(double[] values)
    {
        var finite = values.Where(double.IsFinite).ToArray();
        if (finite.Length == 0) return values;
        var (low, high) = (finite.Min(), finite.Max());
        return [.. values.Select(value => high > low ? (value - low) / (high - low) : double.IsFinite(value) ? 1 : double.NaN)];
    }

    private static void Maps(StringBuilder page, TargetContent content, IReadOnlyList<string> labels)
    {
        page.Append(content.Source is null
            ? "<section>\n<h2>The target</h2>\n<p class=\"sub\">Penultimate features in the plane (t-SNE, each picture on its own): classes that are "
                + "groups of their own are easily told apart.</p>\n<div class=\"charts\">\n"
            : "<section>\n<h2>The domains side by side</h2>\n<p class=\"sub\">Penultimate features in the plane (t-SNE, each picture on its own): "
                + "where the two domains lie apart, a classifier of the one says little of the other.</p>\n<div class=\"charts\">\n");
        var after = DomainMap.Of(content.Source, content.Target);
        foreach (var byClass in content.Source is null ? [true] : new[] { false, true })
        {
            var colours = byClass ? "by class" : "by domain";
            if (content.Before is { } before) page.Append(DomainMapChart.Render($"Before training, {colours}", before, byClass)).Append('\n');
            page.Append(DomainMapChart.Render($"After, {colours}", after, byClass)).Append('\n');
        }
        page.Append("</div>\n").Append(DomainMapChart.Legend(labels)).Append("\n</section>\n");
    }

    private static void Shares(StringBuilder page, TargetContent content, IReadOnlyList<string> labels)
    {
        var source = content.Source is { } samples ? TargetRemarks.Shares(samples.Labels, labels.Count) : null;
        var target = TargetRemarks.Shares(content.Target.Predictions, labels.Count);
        page.Append(source is null ? "<section>\n<h2>Labels in the target</h2>\n<table>\n<tr><th>label</th>"
            : "<section>\n<h2>Labels in both domains</h2>\n<table>\n<tr><th>label</th><th>share in the source</th>");
        page.Append("<th>predicted share in the target</th></tr>\n");
        foreach (var (k, label) in labels.Index())
        {
            page.Append($"<tr><td>{Escape(label)}</td>{(source is null ? "" : $"<td>{Number(source[k])}</td>")}");
            page.Append($"<td>{Number(target[k])}</td></tr>\n");
        }
        page.Append("</table>\n</section>\n");
    }

    private static void Predictions(StringBuilder page, TargetContent content, IReadOnlyList<string> labels)
    {
        var (predictions, probabilities) = (content.Target.Predictions, content.Target.Probabilities);
        page.Append("<section>\n<h2>Predictions for the target</h2>\n");
        if (content.Target.Count > MostPredictions)
            page.Append($"<p class=\"sub\">The first {MostPredictions} of {content.Target.Count}; all of them are in target-predictions.csv.</p>\n");
        page.Append("<table>\n<tr><th>sample</th><th>prediction</th><th>probability</th></tr>\n");
        for (var i = 0; i < Math.Min(MostPredictions, content.Target.Count); i++)
        {
            page.Append($"<tr><td>{Escape(content.Paths[i])}</td><td>{Escape(labels[predictions[i]])}</td>");
            page.Append($"<td>{Number(probabilities[i][predictions[i]])}</td></tr>\n");
        }
        page.Append("</table>\n</section>\n");
    }

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private static string Number(double value) => double.IsFinite(value) ? value.ToString("0.000", CultureInfo.InvariantCulture) : "";
}
