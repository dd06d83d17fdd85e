using System.Net;
using OrleansTransfer.Learning.Weights.Cache;
using OrleansTransfer.Tests;

namespace OrleansTransfer.Learning.Tests.Weights.Cache;

/// <summary>Where weights may not be fetched from.</summary>
public sealed class WeightAddressesTests
{
    private static readonly WeightAddresses s_outside = new() { Loopback = false };

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.8.8")]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("::1")]
    [InlineData("::")]
    [InlineData("::ffff:127.0.0.1")]
    public void A_node_that_others_reach_does_not_fetch_from_itself_and_one_on_loopback_may(string address)
    {
        Assert.NotNull(s_outside.Objection(IPAddress.Parse(address)));
        Assert.Null(new WeightAddresses().Objection(IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("169.254.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("fe80::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("100.100.100.200")]
    [InlineData("168.63.129.16")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("ff02::1")]
    public void No_node_fetches_from_link_local_or_metadata_addresses(string address)
    {
        Assert.NotNull(s_outside.Objection(IPAddress.Parse(address)));
        Assert.NotNull(new WeightAddresses().Objection(IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("10.1.2.3")]
    [InlineData("192.168.1.1")]
    [InlineData("8.8.8.8")]
    [InlineData("2001:db8::1")]
    public void Other_addresses_are_for_the_network_to_judge(string address) => Assert.Null(s_outside.Objection(IPAddress.Parse(address)));

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/x.safetensors", "169.254.169.254 (169.254.169.254) is a link-local address")]
    [InlineData("http://[fe80::1]/x.safetensors", "is a link-local address")]
    [InlineData("http://2852039166/x.safetensors", "169.254.169.254) is a link-local address")]
    public async Task An_address_in_a_recipe_is_refused_before_anything_is_sent(string url, string expected)
    {
        using var test = new TestCache("http://127.0.0.1:9");
        Assert.Contains(expected, await RefusalAsync(test, url));
    }

    [Theory]
    [InlineData("http://169.254.169.254/x.safetensors", "169.254.169.254) is a link-local address")]
    [InlineData("http://localhost:{port}/x.safetensors", "is this node itself")]
    public async Task A_redirect_does_not_lead_there_either(string target, string expected)
    {
        await using var server = new WeightServer((request, answer) =>
            answer.StatusAsync(302, $"Location: {target.Replace("{port}", request.Headers["Host"].Split(':')[1], StringComparison.Ordinal)}"));
        using var test = new TestCache(server.Address, change: options => options with { Addresses = s_outside with { Trusted = ["127.0.0.1"] } });

        Assert.Contains(expected, await RefusalAsync(test, $"{server.Address}/x.safetensors"));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_name_that_leads_to_this_machine_is_found_out_when_it_is_connected_to()
    {
        // Every machine resolves its own name; what it leads to is not in the URL.
        var name = Dns.GetHostName();
        var addresses = await Dns.GetHostAddressesAsync(name, TestContext.Current.CancellationToken);
        Assert.SkipUnless(addresses.Any(IPAddress.IsLoopback), $"The name of this machine leads to {addresses[0]}, not to loopback.");
        await using var server = WeightServer.Of(TestCache.Bytes());
        var url = server.Address.Replace("127.0.0.1", name, StringComparison.Ordinal) + "/x.safetensors";
        using var test = new TestCache(server.Address, change: options => options with { Addresses = s_outside });

        Assert.Contains("is this node itself", await RefusalAsync(test, url));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Whoever_runs_the_node_may_trust_a_host_and_trusts_its_mirror()
    {
        await using var server = WeightServer.Of(TestCache.Bytes());
        using var refused = new TestCache(server.Address, change: options => options with { Addresses = s_outside });
        Assert.Contains("is this node itself", (await Assert.ThrowsAsync<WeightDownloadException>(() => refused.GetAsync())).Message);
        Assert.Empty(server.Requests);

        var trust = s_outside with { Trusted = ["127.0.0.1"] };
        using var trusting = new TestCache(server.Address, change: options => options with { Addresses = trust });
        await trusting.GetAsync();
        using var mirrored = new TestCache(
            "https://publisher.example", change: options => options with { Addresses = s_outside, Mirror = WeightMirror.Parse(server.Address) });
        await mirrored.GetAsync();
        Assert.Equal(2, server.Requests.Count);
    }

    private static async Task<string> RefusalAsync(TestCache test, string url) =>
        (await Assert.ThrowsAsync<WeightDownloadException>(
            () => test.Cache.GetAsync(url, null, null, TestContext.Current.CancellationToken))).Message;
}
