using OrleansTransfer.Cli.Quickstart;

namespace OrleansTransfer.Cli.Tests.Quickstart;

public sealed class QuickstartStoryTests
{
    private static readonly QuickstartPlan s_plan = new() { Workers = 8 };

    [Theory]
    [InlineData(0.83, 0.60, "gained 23.0 points of accuracy on the same few labels")]
    [InlineData(0.63, 0.60, "so little may be luck")]
    [InlineData(0.60, 0.60, "gained nothing")]
    [InlineData(0.55, 0.60, "lost 5.0 points")]
    public void The_verdict_says_what_happened(double transfer, double scratch, string expected) =>
        Assert.Contains(expected, QuickstartStory.Verdict(Result(transfer, scratch)));

    [Fact]
    public void The_table_has_both_networks_and_guessing()
    {
        var table = QuickstartStory.Table(Result(0.835, 0.6));
        Assert.Matches(@"transferred +83\.5 % +82\.5 % +7\.3 s", table);
        Assert.Matches(@"from scratch +60\.0 % +59\.0 % +7\.3 s", table);
        Assert.Matches(@"guessing +50\.0 %", table);
    }

    [Fact]
    public void Lines_fit_a_terminal_of_90_columns()
    {
        string[] texts =
        [
            QuickstartStory.Opening(s_plan), QuickstartStory.Drawing(s_plan), QuickstartStory.Pretraining(s_plan),
            QuickstartStory.Transferring(s_plan),
            QuickstartStory.FromScratch(s_plan), QuickstartStory.Judging(s_plan), QuickstartStory.Table(Result(1, 0.5)),
            QuickstartStory.Verdict(Result(1, 0.5)), QuickstartStory.Verdict(Result(0.52, 0.5)), QuickstartStory.Verdict(Result(0.4, 0.5)),
        ];
        Assert.All(texts.SelectMany(text => text.Split('\n')), line => Assert.InRange(line.Length, 0, 90));
    }

    private static QuickstartResult Result(double transfer, double scratch) => new(
        60, 2, 0, new("quickstart-source-1", 0.8, 31.5), new("quickstart-transfer-1", transfer, transfer - 0.01, 7.3),
        new("quickstart-scratch-1", scratch, scratch - 0.01, 7.3), ["diseased", "healthy"], [[80, 20], [10, 90]], "/b", "/p.png", "/b/report.html");
}
