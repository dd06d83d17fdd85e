namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>With the membership in Redis no node is needed: neither the first, nor the one that coordinates a run.</summary>
public sealed class AnyNodeTests(DrawnLeaves leaves)
{
    [Fact]
    public async Task The_first_node_with_the_coordinator_and_rank_0_dies_and_the_run_goes_on()
    {
        await using var redis = await RedisServer.StartAsync();
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 3, Training.OneThread, redis);
        await using var run = await ElasticRun.StartAsync(
            state, cluster.Nodes[0], cluster.Nodes[1], [.. Training.SqueezeNet(leaves, epochs: 5000), "--workers", "3"]);

        await run.RegroupAsync(() => cluster.Nodes[0].Process.Send(Signal.Kill), workers: 2);
        await cluster.AddNodeAsync("n4");
        await run.UntilAsync(() => run.Workers.Count == 3, "the new node to join");

        var ids = (await OtxProcess.RunAsync("experiments", "list", "--cluster", cluster.Nodes[1].Http)).Expect(0);
        Assert.Contains("Running", ids.Out, StringComparison.Ordinal);
        (await OtxProcess.RunAsync("experiments", "cancel", run.Id, "--cluster", cluster.Nodes[1].Http)).Expect(0);
        var steps = state.Events(run.Id).Where(e => e.Kind == "step").Select(e => e.Step).ToList();
        Assert.Equal(Enumerable.Range(1, steps.Count).Select(step => (long)step), steps);
    }

    [Fact]
    public async Task A_run_that_lost_its_only_worker_and_its_coordinator_at_once_goes_on_elsewhere()
    {
        await using var redis = await RedisServer.StartAsync();
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2, Training.OneThread, redis);
        var (other, doomed) = (cluster.Nodes[0], cluster.Nodes[1]);
        await using var run = await ElasticRun.StartAsync(
            state, doomed, other, [.. Training.SqueezeNet(leaves, epochs: 60), "--workers", "1", "--set", "checkpoint.everySteps=20"]);
        Assert.Equal(["n2/cpu:0"], run.Workers);
        await run.UntilAsync(() => state.Checkpoints(run.Id).Count > 0, "a checkpoint");

        doomed.Process.Send(Signal.Kill);

        await run.UntilAsync(() => run.StateName == "Completed", "the run to complete on the other node");
        Assert.Equal(["n1/cpu:0"], run.Workers);
        Assert.Equal(240, run.Step);
    }
}
