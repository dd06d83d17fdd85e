using OrleansTransfer.Host.Doctor;

namespace OrleansTransfer.Host.Tests.Doctor;

public sealed class ClockSkewTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData(0, 0, 0, CheckState.Ok, "agrees with")]
    [InlineData(0.2, 3, 0, CheckState.Ok, "agrees with")]
    [InlineData(-2, 0, 0, CheckState.Warning, "2 s ahead of")]
    [InlineData(-2, 0, 1, CheckState.Ok, "1 s ahead of")]
    [InlineData(-3600, 0, 0, CheckState.Failed, "3600 s ahead of")]
    [InlineData(3601, 1, 1, CheckState.Failed, "3600 s behind")]
    public void Only_what_is_certain_counts(double otherSeconds, double answerSeconds, double resolutionSeconds, CheckState state, string words)
    {
        var skew = ClockSkew.Of(
            s_now, s_now.AddSeconds(otherSeconds), s_now.AddSeconds(answerSeconds), TimeSpan.FromSeconds(resolutionSeconds));

        var result = skew.ToResult("clock", "the server's");
        Assert.Equal(state, result.State);
        Assert.Contains(words, result.Found, StringComparison.Ordinal);
        Assert.Equal(state == CheckState.Failed, skew.IsTooMuch);
        Assert.Equal(state == CheckState.Ok, result.Fix is null);
    }
}
