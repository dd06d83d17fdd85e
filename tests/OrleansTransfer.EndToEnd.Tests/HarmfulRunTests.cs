namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>What a cluster does about a run that brings its nodes down, and about a node that holds a run back.</summary>
public sealed class HarmfulRunTests(DrawnLeaves leaves)
{
    [Fact]
    public async Task A_run_whose_nodes_die_twice_at_the_same_step_is_ended_and_the_cluster_goes_on()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, 2, Training.OneThread);

        // Steps of a second: there is time to kill a node within one.
        await using var run = await ElasticRun.StartAsync(
            state, cluster.Nodes[0], cluster.Nodes[0],
            [
                .. Training.SqueezeNet(leaves, epochs: 100, batchSize: 24), "--set", "model.inputSize=384",
                "--workers", "2", "--set", "resources.minWorkers=2",
            ]);
        var step = run.Step;
        await run.UntilAsync(() => run.Step > step, "a step to begin");
        step = run.Step;
        cluster.Nodes[1].Process.Send(Signal.Kill);
        await run.UntilAsync(() => run.StateName == "Queued", "the run to wait for a second node");
        Assert.Equal(step, run.Step);

        // The process that takes the node's place tries the same step again.
        var third = await cluster.AddNodeAsync("n3");
        await third.Process.WaitForLineAsync(line => line.Contains("Trains in a group of 2", StringComparison.Ordinal), onError: true);
        // It counts from when the others know that it trains.
        await Task.Delay(500, TestContext.Current.CancellationToken);
        third.Process.Send(Signal.Kill);

        await run.UntilAsync(() => run.StateName == "Failed", "the run to be ended");
        var failed = (await run.Process.WaitAsync(TimeSpan.FromMinutes(1))).Expect(1);
        Assert.Contains($"the run kills its nodes: n2 died after step {step} (", failed.LastError, StringComparison.Ordinal);
        Assert.Contains("and so did n3", failed.LastError, StringComparison.Ordinal);

        // The node that is left serves others.
        (await OtxProcess.RunAsync([.. Training.SqueezeNet(leaves, epochs: 1), "--cluster", cluster.Nodes[0].Http])).Expect(0);
    }

    [Fact]
    public async Task A_node_that_keeps_the_others_waiting_is_named_and_left_out_where_the_recipe_says_so()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, 2, Training.OneThread);
        await using var run = await ElasticRun.StartAsync(
            state, cluster.Nodes[0], cluster.Nodes[0],
            [
                .. Training.SqueezeNet(leaves, epochs: 5000, batchSize: 48),
                "--workers", "2", "--set", "resources.excludeSlowerThan=2",
            ]);

        using (var enough = new CancellationTokenSource())
        {
            var holdingBack = HoldBackAsync(cluster.Nodes[1].Process, enough.Token);
            await run.UntilAsync(() => run.Workers is ["n1/cpu:0"], "the slow worker to be left out");
            await enough.CancelAsync();
            await holdingBack;
        }
        var step = run.Step;
        await run.UntilAsync(() => run.Step > step + 20, "the run to go on");

        Assert.Equal("Running", run.StateName);
        var said = state.Events(run.Id).Where(e => e.Kind == "log").Select(e => e.Message!).ToList();
        Assert.Contains(said, message => message.StartsWith("Worker n2/cpu:0 is slow: it computes ", StringComparison.Ordinal));
        Assert.DoesNotContain(said, message => message.StartsWith("Worker n1/cpu:0 is slow", StringComparison.Ordinal));
    }

    // A processor that gets a fifth of its time, as of a machine that is shared with others.
    private static async Task HoldBackAsync(OtxProcess node, CancellationToken enough)
    {
        try
        {
            while (true)
            {
                node.Send(Signal.Stop);
                await Task.Delay(200, enough);
                node.Send(Signal.Continue);
                await Task.Delay(50, enough);
            }
        }
        catch (OperationCanceledException)
        {
            node.Send(Signal.Continue);
        }
    }
}
