using System.Globalization;
using System.Text;

namespace OrleansTransfer.Learning.Evaluation;

/// <summary>Renders a run's report as one HTML page that needs no other file, no network and no script.</summary>
public static class HtmlReport
{
    /// <summary>The page, UTF-8 text. All text of the content is escaped.</summary>
    public static string Render(ReportContent content)
    {
        var page = new StringBuilder();
        var target = content.Target?.Test is { Samples: > 0 } test ? test : null;
        if ((content.Evaluation ?? target) is { } evaluation)
        {
            var what = content.Evaluation is null ? "labelled target samples" : "samples";
            page.Append($"<p class=\"sub\">Report of a training run, evaluated on {Number(evaluation.Samples)} {what}</p>\n");
            Headline(page, evaluation, content.Evaluation is null ? null : content.Target?.Test);
            PerLabel(page, evaluation);
            Confusion(page, evaluation);
        }
        else page.Append("<p class=\"sub\">Report of an adaptation without labelled samples: how often the model is right is not known</p>\n");
        Charts(page, content.Epochs);
        if (content.Target is { } domain) TargetSection.Render(page, domain, content.Labels);
        page.Append($"<section>\n<h2>Recipe</h2>\n<pre>{Escape(content.Recipe)}</pre>\n</section>\n");
        Pairs(page, "Provenance", content.Provenance);
        Pairs(page, "Broken files that were passed over", [.. content.Broken.Select(file => KeyValuePair.Create(file.Path, file.Reason))]);
        return HtmlPage.Of(content.Title, page.ToString());
    }

    private static void Headline(StringBuilder page, ClassificationReport report, ClassificationReport? target)
    {
        page.Append("<div class=\"cards\">\n");
        if (target is not null) Card("accuracy on the target", Share(target.Accuracy));
        Card("accuracy", Share(report.Accuracy));
        Card("macro F1", Share(report.MacroF1));
        Card("loss (cross-entropy)", Share(report.Loss));
        Card("samples", Number(report.Samples));
        page.Append("</div>\n");

        void Card(string name, string value) => page.Append($"<div class=\"card\"><b>{value}</b><span>{name}</span></div>\n");
    }

    private static void PerLabel(StringBuilder page, ClassificationReport report)
    {
        page.Append("<section>\n<h2>Labels</h2>\n<table>\n<tr><th>label</th><th>precision</th><th>recall</th><th>F1</th><th>support</th></tr>\n");
        foreach (var score in report.PerLabel)
        {
            page.Append($"<tr><td>{Escape(score.Label)}</td><td>{Share(score.Precision)}</td><td>{Share(score.Recall)}</td>");
            page.Append($"<td>{Share(score.F1)}</td><td>{Number(score.Support)}</td></tr>\n");
        }
        page.Append("</table>\n</section>\n");
    }

    private static void Confusion(StringBuilder page, ClassificationReport report)
    {
        page.Append("<section>\n<h2>Confusion</h2>\n");
        page.Append("<p class=\"sub\">Rows: actual label. Columns: predicted label. Shaded by the share of the row.</p>\n");
        page.Append("<table class=\"heat\">\n<tr><th></th>");
        page.AppendJoin("", report.Labels.Select(label => $"<th>{Escape(label)}</th>")).Append("</tr>\n");
        for (var actual = 0; actual < report.Labels.Count; actual++)
        {
            var row = report.Confusion[actual];
            var total = Math.Max(row.Sum(), 1);
            page.Append($"<tr><th>{Escape(report.Labels[actual])}</th>");
            for (var predicted = 0; predicted < row.Count; predicted++)
            {
                var share = (double)row[predicted] / total;
                var colour = actual == predicted ? "37,99,235" : "220,38,38";
                // Full colour already at 0.9 alpha; below a tenth a mistake would hardly be seen, so mistakes start stronger.
                var alpha = row[predicted] == 0 ? 0.03 : actual == predicted ? 0.9 * share : 0.15 + (0.75 * share);
                var ink = alpha > 0.5 ? "#fff" : "inherit";
                page.Append(CultureInfo.InvariantCulture, $"<td style=\"background:rgba({colour},{alpha:0.##});color:{ink}\" ");
                page.Append(CultureInfo.InvariantCulture, $"title=\"{share:0.0%}\">{row[predicted]}</td>");
            }
            page.Append("</tr>\n");
        }
        page.Append("</table>\n</section>\n");
    }

    private static void Charts(StringBuilder page, IReadOnlyList<EpochPoint> epochs)
    {
        if (epochs.Count == 0) return;
        var isValidated = epochs.Any(epoch => double.IsFinite(epoch.ValidationLoss));
        ChartLine[] losses = [new("training", "#d97706", [.. epochs.Select(epoch => epoch.TrainingLoss)])];
        if (isValidated) losses = [.. losses, new("validation", "#2563eb", [.. epochs.Select(epoch => epoch.ValidationLoss)])];
        ChartLine[] accuracies = [new("validation", "#2563eb", [.. epochs.Select(epoch => epoch.Accuracy)])];
        var phases = epochs.GroupBy(epoch => epoch.Phase).Select(phase =>
            $"{Escape(phase.Key)}: epochs {phase.Min(epoch => epoch.Epoch) + 1} to {phase.Max(epoch => epoch.Epoch) + 1}");
        page.Append($"<section>\n<h2>Training</h2>\n<p class=\"sub\">{string.Join("; ", phases)}</p>\n<div class=\"charts\">\n");
        page.Append(LineChart.Render("Loss", losses)).Append('\n');
        if (isValidated) page.Append(LineChart.Render("Accuracy", accuracies, ceiling: 1));
        page.Append("\n</div>\n</section>\n");
    }

    private static void Pairs(StringBuilder page, string title, IReadOnlyList<KeyValuePair<string, string>> pairs)
    {
        if (pairs.Count == 0) return;
        page.Append($"<section>\n<h2>{title}</h2>\n<table class=\"text\">\n");
        foreach (var (name, value) in pairs) page.Append($"<tr><td>{Escape(name)}</td><td>{Escape(value)}</td></tr>\n");
        page.Append("</table>\n</section>\n");
    }

    private static string Escape(string text) => HtmlPage.Escape(text);

    private static string Share(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Number(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
