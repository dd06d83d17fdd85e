using OrleansTransfer.Host.Membership;
using StackExchange.Redis;

namespace OrleansTransfer.Host.Tests.Membership;

public sealed class RedisWatchTests
{
    [Fact]
    public void The_version_of_a_membership_is_a_number_and_its_absence_less_than_any()
    {
        Assert.Equal(-1, RedisWatch.VersionOf([]));
        Assert.Equal(-1, RedisWatch.VersionOf([new("127.0.0.1:11111@1", "{}")]));
        Assert.Equal(7, RedisWatch.VersionOf([new("127.0.0.1:11111@1", "{}"), new("Version", "7")]));
    }
}
