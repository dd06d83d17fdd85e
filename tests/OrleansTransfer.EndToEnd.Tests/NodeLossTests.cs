namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>What those see who use a cluster when a node is lost: commands that are attached to it, and runs that come after.</summary>
public sealed class NodeLossTests(DrawnLeaves leaves)
{
    [Fact]
    public async Task A_killed_node_leaves_the_status_and_the_others_take_new_work()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2);
        await using var train = await TrainAsync(cluster, cluster.Nodes[0]);

        cluster.Nodes[1].Process.Send(Signal.Kill);
        await train.WaitForLineAsync(line => line.StartsWith("Generation 2 ", StringComparison.Ordinal) && line.Contains("n2"), onError: true);
        string[] survivor = ["--cluster", cluster.Nodes[0].Http];
        (await OtxProcess.RunAsync(["experiments", "cancel", state.Experiment, .. survivor])).Expect(0);
        (await train.WaitAsync(TimeSpan.FromSeconds(30))).Expect(1);

        await Until.TrueAsync(() => cluster.Nodes[0].OfferedNodes() == 1, "the dead node to leave the status", () => cluster.Transcript);
        var status = (await OtxProcess.RunAsync(["cluster", "status", "-o", "json", .. survivor])).Expect(0).Json;
        var node = Assert.Single(status.GetProperty("nodes").EnumerateArray());
        Assert.Equal("n1", node.GetProperty("name").GetString());
        Assert.All(node.GetProperty("devices").EnumerateArray(), device => Assert.Null(device.GetProperty("experiment").GetString()));

        var next = (await OtxProcess.RunAsync([.. Training.SqueezeNet(leaves, epochs: 1), "--workers", "1", .. survivor])).Expect(0).Json;
        Assert.Equal("Completed", next.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_killed_first_node_ends_a_command_attached_to_the_second()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2);
        await using var train = await TrainAsync(cluster, cluster.Nodes[1]);

        cluster.Nodes[0].Process.Send(Signal.Kill);
        var ended = await train.WaitAsync(TimeSpan.FromSeconds(40));
        Assert.Contains(ended.ExitCode, (int[])[1, 3]);
        Assert.StartsWith("error: ", ended.LastError, StringComparison.Ordinal);

        // Without the first node there is no cluster: the second one says so and ends.
        var second = await cluster.Nodes[1].Process.WaitAsync(TimeSpan.FromSeconds(40));
        Assert.Equal(1, second.ExitCode);
        Assert.Contains("first node", second.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_frozen_node_does_not_hold_a_command_attached_to_it_for_ever()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2);
        await using var train = await TrainAsync(cluster, cluster.Nodes[1]);

        cluster.Nodes[1].Process.Send(Signal.Stop);
        var ended = (await train.WaitAsync(TimeSpan.FromSeconds(60))).Expect(3);
        Assert.Contains(cluster.Nodes[1].Http, ended.LastError, StringComparison.Ordinal);
    }

    // A run of two workers, one on each node, far too long to end by itself; returns when it trains.
    private async Task<OtxProcess> TrainAsync(TestCluster cluster, TestNode attached)
    {
        var train = OtxProcess.Start([.. Training.SqueezeNet(leaves, epochs: 2000), "--workers", "2", "--cluster", attached.Http]);
        await train.WaitForLineAsync(line => line.StartsWith("epoch ", StringComparison.Ordinal), onError: true);
        return train;
    }
}
