using OrleansTransfer.Learning.Evaluation;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Evaluation;

public sealed class ConfusionMatrixTests
{
    [Fact]
    public void Counts_losses_and_scores_follow_the_logits()
    {
        using var scope = NewDisposeScope();
        var matrix = new ConfusionMatrix(["a", "b", "c"]);
        matrix.Add(tensor(new float[] { 5, 0, 0, 0, 5, 0, 0, 5, 0 }).reshape(3, 3), tensor(new long[] { 0, 1, 2 }));
        matrix.Add(zeros(0, 3), zeros(0, ScalarType.Int64));
        matrix.Add([0, 0, 0, 0, 0, 0, 0, 0, 1], lossSum: 0.5);
        var report = matrix.Report();
        Assert.Equal([[1, 0, 0], [0, 1, 0], [0, 1, 1]], report.Confusion);
        Assert.Equal(0.75, report.Accuracy);
        var right = Math.Log(1 + (2 * Math.Exp(-5)));
        Assert.Equal(((3 * right) + 5 + 0.5) / 4, report.Loss, 1e-5);
        Assert.Equal(new LabelScore("c", 2, 1, 1, 0.5, 2 / 3.0), report.PerLabel[2]);
    }

    [Fact]
    public void Logits_of_another_width_are_refused()
    {
        using var scope = NewDisposeScope();
        Assert.Contains(
            "[n,2]", Assert.Throws<ArgumentException>(() => new ConfusionMatrix(["a", "b"]).Add(zeros(1, 3), zeros(1, ScalarType.Int64))).Message);
    }

    [Fact]
    public void The_text_is_aligned_and_long_names_lose_their_middle()
    {
        var report = new ClassificationReport(["a_very_long_label_name", "b"], [[120, 3], [0, 0]], 0.1);
        var lines = ConfusionText.Render(report, 12).Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, lines.Length);
        Assert.StartsWith("0 a_very~_name |", lines[2]);
        Assert.EndsWith("  120    3    0.976", lines[2]);
        Assert.EndsWith("    .    .        -", lines[3]);
        Assert.Single(lines.Select(line => line.Length).Distinct());
    }
}
