using Orleans.Runtime;

namespace OrleansTransfer.EndToEnd.Tests;

public sealed class RedisMembershipTests
{
    // Promised to users: whoever cannot reach Redis hears so within this time, and whoever was declared dead ends when it learns of it.
    private static readonly TimeSpan s_promised = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task The_node_that_started_first_may_die_and_a_new_one_join()
    {
        await using var redis = await RedisServer.StartAsync();
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 3, redis: redis);

        cluster.Nodes[0].Process.Send(Signal.Kill);

        await SeesAsync(cluster, cluster.Nodes[1], "n2", "n3");
        await SeesAsync(cluster, cluster.Nodes[2], "n2", "n3");
        Assert.Equal(["n1"], redis.Members(SiloStatus.Dead));
        foreach (var survivor in cluster.Nodes.Skip(1))
        {
            var status = (await OtxProcess.RunAsync("cluster", "status", "-o", "json", "--cluster", survivor.Http)).Expect(0).Json;
            Assert.Equal(["n2", "n3"], status.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("name").GetString()));
        }

        var late = await cluster.AddNodeAsync("n4");
        await SeesAsync(cluster, late, "n2", "n3", "n4");
        await SeesAsync(cluster, cluster.Nodes[1], "n2", "n3", "n4");
    }

    [Fact]
    public async Task A_node_that_was_declared_dead_while_it_was_frozen_ends_and_says_so()
    {
        await using var redis = await RedisServer.StartAsync();
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 3, redis: redis);
        var frozen = cluster.Nodes[0].Process;
        frozen.Send(Signal.Stop);
        await Until.TrueAsync(() => redis.Members(SiloStatus.Dead).Contains("n1"), "the frozen node to be declared dead", () => cluster.Transcript);

        frozen.Send(Signal.Continue);

        var ended = await frozen.WaitAsync(s_promised);
        ended.Expect(1);
        Assert.StartsWith("error: The cluster declared node n1 dead", ended.LastError, StringComparison.Ordinal);
        await SeesAsync(cluster, cluster.Nodes[1], "n2", "n3");
    }

    [Fact]
    public async Task Clusters_of_different_ids_share_a_server_and_never_meet()
    {
        await using var redis = await RedisServer.StartAsync();
        using StateFolder state = new(), other = new();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 1, redis: redis);
        await using var stranger = await TestNode.StartAsync(
            "n1", ["--devices", "cpu:1", "--state", other.Path, "--redis", redis.Address, "--cluster-id", "other"]);

        await SeesAsync(cluster, cluster.Nodes[0], "n1");
        Assert.Equal(["n1"], redis.Members(SiloStatus.Active));
        Assert.Equal(["n1"], redis.Members(SiloStatus.Active, "other"));
    }

    [Fact]
    public async Task The_server_comes_from_the_environment_and_a_wrong_password_is_told_and_never_shown()
    {
        await using var redis = await RedisServer.StartAsync("open-sesame");
        using var state = new StateFolder();
        string[] node = ["node", "--devices", "cpu:1", "--state", state.Path, "--port-offset", $"{TestNode.FreeOffset()}"];

        await using (var right = OtxProcess.Start(node, Redis($"{redis.Address},password=open-sesame")))
            await right.WaitForLineAsync(line => line.StartsWith('{'));

        foreach (var secret in (string[])[",password=close-sesame", ""])
        {
            var refused = (await OtxProcess.RunAsync(Redis(redis.Address + secret), node)).Expect(3);
            Assert.Contains(redis.Address, refused.LastError, StringComparison.Ordinal);
            Assert.DoesNotContain("sesame", refused.Error + refused.Out, StringComparison.Ordinal);
        }

        static Dictionary<string, string> Redis(string address) => new() { ["OTX_REDIS"] = address };
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_named_in_time()
    {
        using var state = new StateFolder();
        var address = $"127.0.0.1:{8080 + TestNode.FreeOffset()}";
        await using var node = OtxProcess.Start(
            ["node", "--state", state.Path, "--port-offset", $"{TestNode.FreeOffset()}", "--redis", $"{address},password=open-sesame"]);

        var refused = (await node.WaitAsync(s_promised)).Expect(3);

        Assert.Contains(address, refused.LastError, StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", refused.Error + refused.Out, StringComparison.Ordinal);
    }

    private static Task SeesAsync(TestCluster cluster, TestNode node, params string[] names) => Until.TrueAsync(
        () => node.SeenNodes().SequenceEqual(names), $"{node.Name} to see {string.Join(", ", names)}", () => cluster.Transcript);
}
