using System.Xml;
using System.Xml.Linq;
using OrleansTransfer.Cli.Sweeps.Report;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Tests.Sweeps;

public sealed class SweepReportTests
{
    [Theory]
    [InlineData(24)]
    [InlineData(500)]
    public void The_page_has_everything_and_needs_nothing(int trials)
    {
        var page = SweepReport.Render(MadeUpSweeps.Completed(trials));
        if (Environment.GetEnvironmentVariable("OTX_KEEP_REPORT") is { } folder)
            File.WriteAllText(Path.Combine(folder, $"sweep-{trials}.html"), page);
        var document = WellFormed(page);
        foreach (var foreign in (string[])["http://", "https://", "<script", "<link", "NaN", "∞"]) Assert.DoesNotContain(foreign, page);
        var headings = document.Descendants("h2").Select(heading => heading.Value).ToList();
        foreach (var expected in (string[])["Parameters and metric", "The best so far", "Importances", "Trials", "Search space"])
            Assert.Contains(expected, headings);
        Assert.Contains(headings, heading => heading.StartsWith("Recipe of trial ", StringComparison.Ordinal));
        Assert.Equal(trials, document.Descendants("polyline").Count());
        Assert.Equal(trials + 1, document.Descendants("tr").Count(row => row.Elements().Count() == 11));
        foreach (var shown in (string[])["learningRate", "mobilenet_v3_small", "last-2-stages", "1e-4", "backbone: "]) Assert.Contains(shown, page);
    }

    [Fact]
    public void Text_is_escaped()
    {
        const string evil = "<b>\"&'";
        var sweep = MadeUpSweeps.Completed();
        sweep = sweep with
        {
            Id = evil,
            Reason = evil,
            Search = sweep.Search with
            {
                Metric = evil,
                Space = [sweep.Search.Space[0], new("model.backbone", "choice") { Values = [evil] }],
            },
            Trials =
            [
                .. sweep.Trials.Select(trial => trial with
                {
                    Reason = evil,
                    Experiment = evil,
                    Parameters = new Dictionary<string, string>
                    {
                        [MadeUpSweeps.LearningRate] = trial.Parameters[MadeUpSweeps.LearningRate],
                        ["model.backbone"] = evil,
                    },
                }),
            ],
        };
        var page = SweepReport.Render(sweep);
        WellFormed(page);
        Assert.DoesNotContain("<b>\"", page);
        Assert.Contains("&lt;b&gt;&quot;&amp;&#39;", page);
    }

    [Fact]
    public void A_sweep_that_has_just_started_has_a_page() => WellFormed(SweepReport.Render(MadeUpSweeps.Of([], SweepState.Running)));

    [Theory]
    [InlineData("Running", null)]
    [InlineData("Infeasible", null)]
    [InlineData("Completed", double.NaN)]
    [InlineData("Completed", 0.5)]
    public void A_sweep_of_one_trial_has_a_page(string state, double? value) =>
        WellFormed(SweepReport.Render(MadeUpSweeps.Of([MadeUpSweeps.Trial(0, state, 1, value)], SweepState.Running)));

    [Fact]
    public void Less_is_better_where_the_search_minimises()
    {
        var sweep = MadeUpSweeps.Of(
            [MadeUpSweeps.Trial(0, "Completed", 9, 0.5), MadeUpSweeps.Trial(1, "Completed", 9, 0.1)], SweepState.Completed);
        sweep = sweep with { Best = 1, Search = sweep.Search with { Metric = "loss", Goal = "minimise" } };
        var scale = new MetricScale(sweep);
        Assert.True(scale.Goodness(0.1) > scale.Goodness(0.5));
        Assert.Equal("0.1000", scale.BestLabel);
        Assert.Contains("minimise loss", SweepReport.Render(sweep));
    }

    private static XDocument WellFormed(string page)
    {
        // HTML's elements without an end and its doctype aside, the page is XML.
        var xml = page.Replace("<!DOCTYPE html>", "").Replace("<meta charset=\"utf-8\">", "")
            .Replace("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">", "");
        try
        {
            return XDocument.Parse(xml.TrimStart());
        }
        catch (XmlException error)
        {
            throw new InvalidOperationException($"{error.Message}: {xml.Split('\n').ElementAtOrDefault(error.LineNumber - 1)}", error);
        }
    }
}
