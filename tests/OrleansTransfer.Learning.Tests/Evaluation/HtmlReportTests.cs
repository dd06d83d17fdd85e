using OrleansTransfer.Learning.Evaluation;

namespace OrleansTransfer.Learning.Tests.Evaluation;

public sealed class HtmlReportTests
{
    private static readonly ReportContent Content = new(
        "leaf-disease",
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
            new(evil, new([evil, evil], [[1, 0], [0, 1]], 0), [new(0, evil, 1, 1, 1)], evil, [new(evil, evil)], [new(evil, evil)]));
        Assert.DoesNotContain("<b>\"", page);
        Assert.Contains("&lt;b&gt;&quot;&amp;&#39;", page);
    }

    [Fact]
    public void A_run_without_epochs_has_no_charts() => Assert.DoesNotContain("<svg", HtmlReport.Render(Content with { Epochs = [] }));
}
