using OrleansTransfer.Learning.Evaluation;

namespace OrleansTransfer.Learning.Tests.Evaluation;

public sealed class BootstrapIntervalTests
{
    [Theory]
    [InlineData(70, 30)]
    [InlineData(900, 100)]
    [InlineData(30_000, 10_000)]
    public void The_interval_is_about_two_standard_errors_to_either_side(int right, int wrong)
    {
        var interval = BootstrapInterval.OfAccuracy(Report(right, wrong));
        var accuracy = (double)right / (right + wrong);
        var error = Math.Sqrt(accuracy * (1 - accuracy) / (right + wrong));
        Assert.Equal(accuracy - 1.96 * error, interval.Low, 0.25 * error);
        Assert.Equal(accuracy + 1.96 * error, interval.High, 0.25 * error);
        Assert.Equal(interval, BootstrapInterval.OfAccuracy(Report(right, wrong)));
    }

    [Fact]
    public void A_classifier_that_is_always_right_has_no_spread() => Assert.Equal(new(1, 1), BootstrapInterval.OfAccuracy(Report(50, 0)));

    [Fact]
    public void Without_samples_there_is_no_interval() => Assert.Throws<ArgumentException>(() => BootstrapInterval.OfAccuracy(Report(0, 0)));

    private static ClassificationReport Report(long right, long wrong) => new(["a", "b"], [[right, wrong], [0, 0]], 0);
}
