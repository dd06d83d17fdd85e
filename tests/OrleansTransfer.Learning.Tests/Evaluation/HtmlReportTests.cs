using OrleansTransfer.Learning.Evaluation;

namespace OrleansTransfer.Learning.Tests.Evaluation;

public sealed class HtmlReportTests
{
    private static readonly ReportContent Content = new(
        "leaf-disease",
        ["apple_scab", "black_rot", "healthy"],
        new(["apple_scab", "black_rot", "healthy"], [[37, 2, 1], [1, 39, 0], [0, 0, 40]], 0.113),
        [
            new(0, "linear-probe", 1.02, 0.71, 0.79), new(1, "linear-probe", 0.62, 0.5, 0.86),
            new(2, "fine-tune", double.NaN, 0.22, 0.93), new(3, "fine-tune", 0.2, 0.15, 0.95), new(4, "fine-tune", 0.12, 0.113, 0.967),
        ],
        "name: leaf-disease\nmodel:\n  backbone: mobilenet_v2\n  weights: imagenet\ndata: { train: ./leaves/train }\n",
        [new("weights", "mobilenet_v2.safetensors, SHA-256 0123456789abcdef"), new("program", "0.1.0")],
        [new("healthy/cut.jpg", "truncated JPEG: 12 of 256 rows missing")]);

    [Fact]
    public void The_page_has_everything_and_needs_nothing()
    {
        var page = HtmlReport.Render(Content);
        if (Environment.GetEnvironmentVariable("OTX_KEEP_REPORT") is { } path) File.WriteAllText(path, page);
        string[] shown = ["0.967", "0.113", "apple_scab", "mobilenet_v2", "SHA-256 0123456789abcdef", "healthy/cut.jpg", "12 of 256 rows", "<svg"];
        foreach (var expected in shown) Assert.Contains(expected, page);
        foreach (var foreign in new[] { "http://", "https://", "<script", "<link", "NaN" }) Assert.DoesNotContain(foreign, page);
    }

    [Fact]
    public void A_value_that_is_not_known_leaves_a_gap_in_its_line()
    {
        var page = HtmlReport.Render(Content);
        var training = page[page.IndexOf("<path", StringComparison.Ordinal)..];
        Assert.Equal(2, training[..training.IndexOf("/>", StringComparison.Ordinal)].Count(character => character == 'M'));
    }

    [Fact]
    public void Text_is_escaped()
    {
        const string evil = "<b>\"&'";
        var page = HtmlReport.Render(
            new(evil, [evil, evil], new([evil, evil], [[1, 0], [0, 1]], 0), [new(0, evil, 1, 1, 1)], evil, [new(evil, evil)], [new(evil, evil)]));
        Assert.DoesNotContain("<b>\"", page);
        Assert.Contains("&lt;b&gt;&quot;&amp;&#39;", page);
    }

    [Fact]
    public void Without_a_source_the_page_shows_what_can_be_known_of_the_target()
    {
        double[] scores = [0.9, 0.5, -0.1, double.NaN, 0.2, double.NaN];
        var outputs = new SampleOutputs([[9, 0, 0], [0, 9, 0], [0, 0, 9]], [[1, 0], [0, 1], [1, 1]], [0, 0, 0]);
        TargetContent Target(int picked, ClassificationReport? test) => new(
            "shot", "im", picked,
            [new(-1, [.. scores.Select(score => score - 0.1)], test?.Accuracy ?? double.NaN, "shot"), new(0, scores, 0.5, "shot")],
            null, outputs, ["a.png", "b.png", "c.png"], test, DomainMap.Of(null, outputs), []);
        var blind = Content with { Evaluation = null, Epochs = [new(0, "shot", 0.4, double.NaN, double.NaN)], Target = Target(0, null) };
        var page = HtmlReport.Render(blind);
        string[] known = ["how often the model is right is not known", "No data of the source was read", "before adaptation", "Labels in the target"];
        foreach (var shown in known)
            Assert.Contains(shown, page);
        string[] unknown = ["NaN", "Confusion", "share in the source", "dev: ", "source-accuracy: ", "by domain"];
        foreach (var absent in unknown) Assert.DoesNotContain(absent, page);

        var tested = HtmlReport.Render(blind with { Target = Target(-1, new(Content.Labels, [[3, 0, 0], [0, 2, 1], [0, 0, 3]], 0.2)) });
        string[] judged = ["evaluated on 9 labelled target samples", "Confusion", "the weights are those of the model as it came, picked by im"];
        foreach (var shown in judged)
            Assert.Contains(shown, tested);
    }

    [Fact]
    public void A_run_without_epochs_has_no_charts() => Assert.DoesNotContain("<svg", HtmlReport.Render(Content with { Epochs = [] }));
}
