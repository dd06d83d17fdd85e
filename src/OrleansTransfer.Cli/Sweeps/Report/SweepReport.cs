using System.Globalization;
using System.Text;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;
using OrleansTransfer.Learning.Evaluation;

namespace OrleansTransfer.Cli.Sweeps.Report;

/// <summary>Renders a sweep as one HTML page that needs no other file, no network and no script.</summary>
internal static class SweepReport
{
    private const string Style = """

        .wide{width:100%;min-width:900px}.legend-bar{width:100%;max-width:720px}.bars{width:100%;max-width:720px}
        .axis{stroke:#374151;stroke-width:1.2}.bar-name{font-size:13px;fill:var(--ink)}
        .mark{font-size:11px;fill:var(--ink);paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}
        polyline{stroke-linejoin:round}polyline:hover{stroke-opacity:1;stroke-width:4}
        .trials{max-height:640px;overflow:auto;font-size:13px}.trials td,.trials th{padding:4px 9px}
        .trials th{position:sticky;top:0;background:#fff}.trials td,.trials th{white-space:nowrap}
        .trials .why{white-space:normal;min-width:240px;text-align:left}.best td{background:#fdf0e6;font-weight:600}
        @media print{.trials{max-height:none}}
        """;

    /// <summary>The page, UTF-8 text. All text of the sweep is escaped.</summary>
    public static string Render(SweepSnapshot sweep)
    {
        var (best, scale, page) = (BestTrial.Of(sweep), new MetricScale(sweep), new StringBuilder());
        var search = sweep.Search;
        page.Append($"<p class=\"sub\">{Escape(About(sweep))}</p>\n");
        Cards(page, sweep, best);
        if (sweep.Trials.Count > 0)
        {
            Section(
                page,
                "Parameters and metric",
                "A line is a trial; its colour is its metric. Scales are logarithmic where the search's are.",
                ColourLegend.Render(search.Metric, scale) + ParallelCoordinates.Render(sweep, scale));
            Curves(page, sweep, scale);
            if (SweepImportances.Of(sweep) is { } importances)
                Section(page, "Importances", $"Bars: {importances.Describe(search.Metric)}.", ImportanceBars.Render(sweep, importances.Shares));
            else Section(page, "Importances", "They need four trials with values that differ.", "");
            Trials(page, sweep);
            if (Lineage.IsIn(sweep)) Origins(page, sweep);
        }
        if (best is not null) Section(page, $"Recipe of trial {best.Trial}", null, $"<pre>{Escape(best.Recipe)}</pre>\n");
        Space(page, sweep);
        return HtmlPage.Of($"Sweep {sweep.Id}", page.ToString(), Style);
    }

    private static string About(SweepSnapshot sweep)
    {
        var search = sweep.Search;
        var reason = sweep.Reason is { Length: > 0 } known ? $" ({known})" : "";
        return $"{sweep.State}{reason}: {(search.Maximises ? "maximise" : "minimise")} {search.Metric}, sampler {search.Sampler.Type}, " +
            $"stopping {search.Stopping.Type}, seed {search.Seed}, as of {Figures.Time(sweep.Updated)}";
    }

    private static void Cards(StringBuilder page, SweepSnapshot sweep, BestTrial? best)
    {
        page.Append("<div class=\"cards\">\n");
        Card($"best {sweep.Search.Metric}{(best is null ? "" : $", trial {best.Trial}")}", SweepFigures.Metric(best?.Value));
        if (best?.Seeds is { } seeds)
            Card($"mean over {seeds.Runs} seeds", $"{SweepFigures.Metric(seeds.Mean)} ± {SweepFigures.Metric(seeds.StandardDeviation)}");
        Card($"trials of {sweep.Search.Budget.Trials}", Figures.Count(sweep.Trials.Count));
        var full = sweep.Trials.Count * (long)sweep.Recipe.Training.Epochs;
        var share = full > 0 ? $": {(100.0 * sweep.Epochs / full).ToString("0", CultureInfo.InvariantCulture)} % of full trials" : "";
        Card($"epochs{share}", Figures.Count(sweep.Epochs));
        Card("of all devices together", SweepFigures.Hours(sweep.DeviceHours));
        page.Append("</div>\n");

        void Card(string name, string value) => page.Append($"<div class=\"card\"><b>{Escape(value)}</b><span>{Escape(name)}</span></div>\n");
    }

    private static void Curves(StringBuilder page, SweepSnapshot sweep, MetricScale scale)
    {
        var metric = sweep.Search.Metric;
        var charts = IncumbentChart.Render(sweep, scale, $"Best {metric} by epochs of all trials", "epochs", point => point.Epochs)
            + IncumbentChart.Render(sweep, scale, $"Best {metric} by trials that ended", "trials", point => point.Trials);
        if (charts.Length == 0) return;
        var hollow = sweep.Trials.Any(trial => trial.State == "Stopped") && sweep.Trials.Any(trial => trial.State == "Completed")
            ? " Hollow dots are trials that were stopped early, by their last measurement."
            : "";
        var about = $"The line is the best trial so far, dots are the trials.{hollow}";
        Section(page, "The best so far", about, $"<div class=\"charts\">\n{charts}</div>\n");
    }

    private static void Trials(StringBuilder page, SweepSnapshot sweep)
    {
        var names = ParameterNames.Of(sweep.Search.Space.Select(parameter => parameter.Path));
        var table = new StringBuilder("<div class=\"trials\">\n<table>\n<tr><th>trial</th><th>state</th><th>epochs</th>");
        table.Append($"<th>{Escape(sweep.Search.Metric)}</th>");
        foreach (var parameter in sweep.Search.Space)
            table.Append($"<th title=\"{Escape(parameter.Path)}\">{Escape(names[parameter.Path])}</th>");
        table.Append("<th class=\"why\">why</th></tr>\n");
        foreach (var trial in sweep.Trials)
        {
            var state = TrialWords.StateOf(sweep.State, trial.State);
            table.Append(trial.Number == sweep.Best ? "<tr class=\"best\">" : "<tr>");
            table.Append($"<td title=\"{Escape(trial.Experiment ?? "")}\">{trial.Number}</td><td>{Escape(state)}</td><td>{trial.Epochs}</td>");
            table.Append($"<td>{SweepFigures.Metric(trial.Value)}</td>");
            foreach (var parameter in sweep.Search.Space)
            {
                var value = trial.Parameters.TryGetValue(parameter.Path, out var text) ? SweepFigures.Value(text) : "-";
                table.Append($"<td>{Escape(value)}</td>");
            }
            var attempts = trial.Attempts > 1 ? $"{trial.Attempts} attempts. " : "";
            var same = trial.SameAs is { } other ? $"As trial {other}. " : "";
            table.Append($"<td class=\"why\">{Escape(attempts + same + trial.Reason)}</td></tr>\n");
        }
        Section(page, "Trials", null, table.Append("</table>\n</div>\n").ToString());
    }

    private static void Origins(StringBuilder page, SweepSnapshot sweep)
    {
        var names = ParameterNames.Of(sweep.Search.Space.Select(parameter => parameter.Path));
        var lines = sweep.Trials.SelectMany(trial => Lineage.Lines(trial, names)).Select(line => $"<li>{Escape(line)}</li>\n");
        Section(page, "Lineage", "Which trials went on with the weights of others, and with which values.", $"<ul>\n{string.Concat(lines)}</ul>\n");
    }

    private static void Space(StringBuilder page, SweepSnapshot sweep)
    {
        var table = new StringBuilder("<table class=\"text\">\n");
        foreach (var parameter in sweep.Search.Space)
            table.Append($"<tr><td>{Escape(parameter.Path)}</td><td>{Escape(Describe(parameter))}</td></tr>\n");
        Section(page, "Search space", null, table.Append("</table>\n").ToString());
    }

    private static string Describe(SearchParameterRecipe parameter)
    {
        string Number(double value) => RecipeText.Of(value);
        var values = parameter.Kind == "choice"
            ? $"one of {string.Join(", ", parameter.Values)}"
            : $"{parameter.Kind}{(parameter.Logarithmic ? ", logarithmic" : "")}, {Number(parameter.Low)} to {Number(parameter.High)}"
                + (parameter.Step > 0 ? $" in steps of {Number(parameter.Step)}" : "");
        return parameter.WhenPath is { } path ? $"{values}; when {path} is {string.Join(" or ", parameter.WhenValues)}" : values;
    }

    private static void Section(StringBuilder page, string title, string? about, string content)
    {
        page.Append($"<section>\n<h2>{Escape(title)}</h2>\n");
        if (about is not null) page.Append($"<p class=\"sub\">{Escape(about)}</p>\n");
        page.Append(content).Append("</section>\n");
    }

    private static string Escape(string text) => HtmlPage.Escape(text);
}
