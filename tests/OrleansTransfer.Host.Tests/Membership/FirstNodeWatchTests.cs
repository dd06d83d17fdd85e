using OrleansTransfer.Host.Membership;

namespace OrleansTransfer.Host.Tests.Membership;

public class FirstNodeWatchTests
{
    [Theory]
    [InlineData(false, 0, 0, null)]
    [InlineData(false, 2, 9, null)]
    [InlineData(true, 0, 0, "has left the cluster")]
    [InlineData(false, 3, 0, "is gone")]
    [InlineData(false, 0, 10, "does not answer any more")]
    public void The_first_node_is_lost_when_it_left_or_stays_silent(bool left, int refusals, int silence, string? expected) =>
        Assert.Equal(expected, FirstNodeWatch.Verdict(left, refusals, silence));
}
