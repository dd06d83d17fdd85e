using OrleansTransfer.Host.Membership;

namespace OrleansTransfer.Host.Tests.Membership;

public class RedisAddressTests
{
    [Theory]
    [InlineData("localhost", "localhost")]
    [InlineData("127.0.0.1:6379", "127.0.0.1:6379")]
    [InlineData("[::1]:6379,ssl=false", "[::1]:6379")]
    [InlineData("redis-0.redis:6380,redis-1.redis:6380,user=otx,password=secret", "redis-0.redis:6380")]
    [InlineData("h:1,password=sec,ret", "h:1")]
    public void What_follows_the_address_is_not_shown(string text, string shown) => Assert.Equal(shown, RedisAddress.Parse(text).Shown);

    [Theory]
    [InlineData("")]
    [InlineData(":6379")]
    [InlineData("password=secret")]
    [InlineData("redis://:secret@host:6379")]
    [InlineData("host:6379,passwrd=secret")]
    [InlineData("host:6379,ssl=secret")]
    [InlineData("host:6379,connectTimeout=secret")]
    public void What_is_no_address_is_refused_without_showing_it(string text)
    {
        var error = Assert.Throws<NodeStartException>(() => RedisAddress.Parse(text)).Message;

        Assert.Contains("--redis takes HOST:PORT", error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error, StringComparison.Ordinal);
    }
}
