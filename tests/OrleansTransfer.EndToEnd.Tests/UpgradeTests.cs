using Orleans.Runtime;
using OrleansTransfer.Cluster.Hosting;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>Nodes of a cluster that trains are stopped and started again one by one, also with another release of the program.</summary>
public sealed class UpgradeTests(DrawnLeaves leaves)
{
    [Fact]
    public async Task A_rolling_restart_loses_no_step()
    {
        await using var redis = await RedisServer.StartAsync();
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2, Training.OneThread, redis);
        await using var run = await StartAsync(state, cluster);

        await DrainAsync(run, cluster, "n1");
        await AddAsync(run, cluster, "n1", program: null);
        await run.UntilAsync(() => run.Workers.Count == 2, "the first node to train again");
        await DrainAsync(run, cluster, "n2");
        await AddAsync(run, cluster, "n2", program: null);
        await run.UntilAsync(() => run.Workers.Count == 2, "the second node to train again");

        await EndAsync(run, state);
    }

    [Fact]
    public async Task A_rolling_upgrade_loses_no_step_and_no_group_is_of_two_versions()
    {
        await using var redis = await RedisServer.StartAsync();
        using var state = new StateFolder();
        using var later = new OtherRelease("99.0.0+later");
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2, Training.OneThread, redis);
        await using var run = await StartAsync(state, cluster);

        await DrainAsync(run, cluster, "n1");
        await AddAsync(run, cluster, "n1", later.Program);
        Assert.Equal(["n2/cpu:0"], run.Workers);
        await DrainAsync(run, cluster, "n2");
        await run.UntilAsync(() => run.Workers.SequenceEqual(["n1/cpu:0"]), "the upgraded node to take the run over");
        await AddAsync(run, cluster, "n2", later.Program);
        await run.UntilAsync(() => run.Workers.Count == 2, "both upgraded nodes to train");

        await EndAsync(run, state);
    }

    [Fact]
    public async Task A_node_that_speaks_another_protocol_is_refused_in_words_and_harms_nobody()
    {
        await using var redis = await RedisServer.StartAsync();
        using var state = new StateFolder();
        using var stranger = new OtherRelease("99.0.0+stranger", ClusterVersion.Protocol + 1);
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2, Training.OneThread, redis);
        await using var run = await StartAsync(state, cluster);

        await using var refused = OtxProcess.Start(
            ["node", "--name", "n3", "--port-offset", $"{TestNode.FreeOffset()}", .. cluster.Arguments], program: stranger.Program);
        var ended = (await refused.WaitAsync(TimeSpan.FromMinutes(1))).Expect(2);

        Assert.Equal("", ended.Out);
        Assert.StartsWith(
            "error: The cluster does not accept this node: it is of version 99.0.0+stranger", ended.LastError, StringComparison.Ordinal);
        foreach (var words in (string[])[
            $"speaks protocol {ClusterVersion.Protocol + 1}", $"of version {ClusterVersion.Current}, which speaks protocol {ClusterVersion.Protocol}",
            "Stop all nodes and start them with one version"])
        {
            Assert.Contains(words, ended.LastError, StringComparison.Ordinal);
        }

        // It heard so before its silo started: no member ever saw it.
        Assert.All(Enum.GetValues<SiloStatus>(), status => Assert.DoesNotContain("n3", redis.Members(status)));
        Assert.Equal(["n1", "n2"], cluster.Nodes[0].SeenNodes());
        await EndAsync(run, state);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_Redis_the_first_node_says_which_protocol_it_speaks(bool gateway)
    {
        using var state = new StateFolder();
        using var stranger = new OtherRelease("99.0.0+stranger", ClusterVersion.Protocol + 1);
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 1);

        string[] arguments = gateway
            ? ["--role", "gateway", "--state", state.Path, "--join", cluster.Nodes[0].Clients!]
            : ["--devices", "cpu:1", "--state", state.Path, "--join", cluster.Nodes[0].Silo];
        await using var refused = OtxProcess.Start(
            ["node", "--name", "n3", "--port-offset", $"{TestNode.FreeOffset()}", .. arguments], program: stranger.Program);
        var ended = (await refused.WaitAsync(TimeSpan.FromMinutes(1))).Expect(2);

        Assert.StartsWith(
            "error: The cluster does not accept this node: it is of version 99.0.0+stranger", ended.LastError, StringComparison.Ordinal);
        Assert.Contains(
            $"of version {ClusterVersion.Current}, which speaks protocol {ClusterVersion.Protocol}", ended.LastError, StringComparison.Ordinal);
        Assert.Equal(["n1"], cluster.Nodes[0].SeenNodes());
        Assert.DoesNotContain("n3", cluster.Transcript, StringComparison.Ordinal);
    }

    private async Task<ElasticRun> StartAsync(StateFolder state, TestCluster cluster) => await ElasticRun.StartAsync(
        state, cluster.Nodes[0], cluster.Nodes[1], [.. Training.SqueezeNet(leaves, epochs: 5000), "--workers", "2"]);

    // Tells the node to stop, and waits until the run has gone on without it where it can.
    private static async Task DrainAsync(ElasticRun run, TestCluster cluster, string name)
    {
        var leaving = cluster.Nodes.Last(node => node.Name == name);
        run.Watched = cluster.Nodes.Last(node => node.Name != name);
        leaving.Process.Send(Signal.Terminate);
        (await leaving.Process.WaitAsync(TimeSpan.FromMinutes(1))).Expect(0);
        await run.UntilAsync(() => run.Workers.Count == 1 && run.StateName == "Running", $"the run to go on without {name}");
        await run.ProgressAsync();
    }

    private static async Task AddAsync(ElasticRun run, TestCluster cluster, string name, string? program)
    {
        var back = await cluster.AddNodeAsync(name, program);
        await Until.TrueAsync(() => back.SeenNodes().SequenceEqual(["n1", "n2"]), $"{name} to be there again", () => cluster.Transcript);
        await run.ProgressAsync();
    }

    private static async Task EndAsync(ElasticRun run, StateFolder state)
    {
        await run.ProgressAsync();
        (await OtxProcess.RunAsync("experiments", "cancel", run.Id, "--cluster", run.Watched.Http)).Expect(0);
        await run.UntilAsync(() => run.StateName == "Cancelled", "the run to be cancelled");
        Assert.Equal(0, run.Now.GetProperty("stepsLost").GetInt64());
        var steps = state.Events(run.Id).Where(e => e.Kind == "step").Select(e => e.Step).ToList();
        Assert.Equal(Enumerable.Range(1, steps.Count).Select(step => (long)step), steps);
    }
}
