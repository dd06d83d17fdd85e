using System.Globalization;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>A machine whose clock is wrong.</summary>
public sealed class ClockTests
{
    private const string Library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

    [Theory]
    [InlineData("+1h", "ahead of")]
    [InlineData("-1h", "behind")]
    public async Task A_node_an_hour_off_is_refused_in_words_and_harms_nobody(string offset, string direction)
    {
        Assert.SkipUnless(File.Exists(Library), "libfaketime (Debian package faketime) is absent.");
        await using var redis = await RedisServer.StartAsync(keeps: true);
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 1, redis: redis);
        var wrong = new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = Library,
            ["FAKETIME"] = offset,
            ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
            ["OTX_REDIS"] = redis.Address,
        };

        var refused = (await OtxProcess.RunAsync(
            wrong, ["node", "--name", "n2", "--devices", "cpu:1", "--state", state.Path, "--port-offset", $"{TestNode.FreeOffset()}"])).Expect(2);
        Assert.Contains($" s {direction} that of the Redis server {redis.Address}", refused.LastError, StringComparison.Ordinal);
        Assert.Contains("NTP", refused.LastError, StringComparison.Ordinal);

        var examined = (await OtxProcess.RunAsync(
            wrong, ["doctor", "-o", "json", "--devices", "none", "--state", state.Path, "--port-offset", $"{TestNode.FreeOffset()}"])).Expect(1);
        var clock = examined.Json.GetProperty("checks").EnumerateArray().Single(check => check.GetProperty("name").GetString() == "clock");
        Assert.Equal("Failed", clock.GetProperty("state").GetString());
        var words = clock.GetProperty("found").GetString()!;
        Assert.InRange(double.Parse(words.Split("clock is ")[1].Split(' ')[0], CultureInfo.InvariantCulture), 3590, 3610);

        Assert.Equal(["n1"], cluster.Nodes[0].SeenNodes());
    }
}
