using Orleans.Runtime;

namespace OrleansTransfer.EndToEnd.Tests;

public sealed class NodeNameTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_second_node_of_one_name_is_refused_with_the_address_of_the_first(bool overRedis)
    {
        await using var redis = overRedis ? await RedisServer.StartAsync() : null;
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2, redis: redis);

        var refused = (await OtxProcess.RunAsync(
            ["node", "--name", "n2", "--port-offset", $"{TestNode.FreeOffset()}", .. cluster.Arguments])).Expect(2);

        Assert.Equal($"error: The cluster has a node named 'n2' at {cluster.Nodes[1].Silo} already. Choose another --name.", refused.LastError);
        Assert.Equal("", refused.Out);
        await Until.TrueAsync(() => cluster.Nodes[0].SeenNodes().SequenceEqual(["n1", "n2"]), "both to be there", () => cluster.Transcript);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_node_that_was_killed_gets_in_again_under_its_name(bool overRedis)
    {
        await using var redis = overRedis ? await RedisServer.StartAsync() : null;
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2, redis: redis);

        cluster.Nodes[1].Process.Send(Signal.Kill);
        var again = await cluster.AddNodeAsync("n2");

        await Until.TrueAsync(() => cluster.Nodes[0].SeenNodes().SequenceEqual(["n1", "n2"]), "n2 to be there again", () => cluster.Transcript);
        Assert.NotEqual(cluster.Nodes[1].Silo, again.Silo);
        if (redis is null) return;
        Assert.Equal(["n1", "n2"], redis.Members(SiloStatus.Active));
        Assert.Equal(["n2"], redis.Members(SiloStatus.Dead));
    }

    [Fact]
    public async Task A_node_says_what_it_waits_for_when_nobody_is_left_to_declare_its_predecessor_dead()
    {
        await using var redis = await RedisServer.StartAsync();
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2, redis: redis);
        foreach (var node in cluster.Nodes) node.Process.Send(Signal.Kill);

        var again = await cluster.AddNodeAsync("n1");

        Assert.Contains($"until the node at {cluster.Nodes[0].Silo}, which has the name 'n1'", again.Process.Error, StringComparison.Ordinal);
        Assert.Equal(["n1"], redis.Members(SiloStatus.Active));
        Assert.Equal(["n1", "n2"], redis.Members(SiloStatus.Dead));
    }
}
