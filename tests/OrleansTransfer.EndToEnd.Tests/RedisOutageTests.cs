using Orleans.Runtime;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>The server of the membership goes away under a cluster that trains, or forgets what it knew.</summary>
public sealed class RedisOutageTests(DrawnLeaves leaves)
{
    // Half a minute is longer than silos that say nothing are stale, than any probe, and than a worker may be silent.
    [Theory]
    [InlineData(true, 30)]
    [InlineData(false, 5)]
    public async Task A_run_goes_on_while_Redis_is_away_and_nodes_join_when_it_is_back(bool keeps, int seconds)
    {
        await using var redis = await RedisServer.StartAsync(keeps: keeps);
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2, Training.OneThread, redis);
        await using var run = await StartAsync(state, cluster);
        var generation = run.Generation;

        await redis.StopAsync();
        foreach (var node in cluster.Nodes) await SaysAsync(node, $"The Redis server {redis.Address} is out of reach");
        await Task.Delay(TimeSpan.FromSeconds(seconds), TestContext.Current.CancellationToken);
        await run.ProgressAsync();
        await redis.StartAgainAsync();
        foreach (var node in cluster.Nodes) await SaysAsync(node, $"The Redis server {redis.Address} is back after");

        await JoinAsync(run, cluster, redis);
        Assert.Equal(generation, run.Generation);
        if (!keeps) Assert.Contains("it was wiped", cluster.Transcript, StringComparison.Ordinal);
        await EndAsync(run, state);
    }

    [Fact]
    public async Task A_membership_that_was_wiped_is_written_again()
    {
        await using var redis = await RedisServer.StartAsync();
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2, Training.OneThread, redis);
        await using var run = await StartAsync(state, cluster);

        await redis.WipeAsync();
        await Until.TrueAsync(
            () => cluster.Transcript.Contains("it was wiped", StringComparison.Ordinal), "a node to say it", () => cluster.Transcript);

        Assert.Equal(["n1", "n2"], redis.Members(SiloStatus.Active));
        await JoinAsync(run, cluster, redis);
        cluster.Nodes[2].Process.Send(Signal.Kill);
        await Until.TrueAsync(() => redis.Members(SiloStatus.Dead).Contains("n3"), "a lost node to be declared dead", () => cluster.Transcript);
        await EndAsync(run, state);
    }

    private async Task<ElasticRun> StartAsync(StateFolder state, TestCluster cluster) => await ElasticRun.StartAsync(
        state, cluster.Nodes[0], cluster.Nodes[1], [.. Training.SqueezeNet(leaves, epochs: 5000), "--workers", "2"]);

    private static Task<string> SaysAsync(TestNode node, string words) =>
        node.Process.WaitForLineAsync(line => line.Contains(words, StringComparison.Ordinal), onError: true);

    // The run has the workers that it wants: the new node's device stays free.
    private static async Task JoinAsync(ElasticRun run, TestCluster cluster, RedisServer redis)
    {
        await cluster.AddNodeAsync("n3");
        await Until.TrueAsync(
            () => cluster.Nodes[0].SeenNodes().SequenceEqual(["n1", "n2", "n3"]), "a node to join", () => cluster.Transcript);
        Assert.Equal(["n1", "n2", "n3"], redis.Members(SiloStatus.Active));
        await run.ProgressAsync();
    }

    private static async Task EndAsync(ElasticRun run, StateFolder state)
    {
        (await OtxProcess.RunAsync("experiments", "cancel", run.Id, "--cluster", run.Watched.Http)).Expect(0);
        await run.UntilAsync(() => run.StateName == "Cancelled", "the run to be cancelled");
        Assert.Equal(0, run.Now.GetProperty("stepsLost").GetInt64());
        var steps = state.Events(run.Id).Where(e => e.Kind == "step").Select(e => e.Step).ToList();
        Assert.Equal(Enumerable.Range(1, steps.Count).Select(step => (long)step), steps);
    }
}
