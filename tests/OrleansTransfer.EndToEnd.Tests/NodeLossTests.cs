using System.Diagnostics;

namespace OrleansTransfer.EndToEnd.Tests;

public sealed class NodeLossTests(DrawnLeaves leaves)
{
    // Promised to users: losing a node ends a run within this time, and nothing hangs.
    private static readonly TimeSpan s_promised = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_killed_node_ends_the_run_with_its_name_and_the_other_node_takes_new_work()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2);
        await using var train = await TrainAsync(cluster, cluster.Nodes[0]);

        var ended = await LoseAsync(cluster.Nodes[1], Signal.Kill, train, s_promised);
        ended.Expect(1);
        Assert.Contains("n2", ended.LastError, StringComparison.Ordinal);
        Assert.Equal("Failed", ended.Json.GetProperty("state").GetString());

        string[] survivor = ["--cluster", cluster.Nodes[0].Http];
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

        var ended = await LoseAsync(cluster.Nodes[0], Signal.Kill, train, s_promised);
        Assert.Contains(ended.ExitCode, (int[])[1, 3]);
        Assert.StartsWith("error: ", ended.LastError, StringComparison.Ordinal);

        // Without the first node there is no cluster: the second one says so and ends.
        var second = await cluster.Nodes[1].Process.WaitAsync(s_promised);
        Assert.Equal(1, second.ExitCode);
        Assert.Contains("first node", second.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_node_ends_a_command_attached_to_it_and_its_run_is_not_left_running()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2);
        await using var train = await TrainAsync(cluster, cluster.Nodes[1]);

        var ended = await LoseAsync(cluster.Nodes[1], Signal.Kill, train, s_promised);
        ended.Expect(3);
        Assert.Contains(cluster.Nodes[1].Http, ended.LastError, StringComparison.Ordinal);

        // The experiment's coordinator died with that node: the first one takes it over, finds it cannot go on, and frees the devices.
        string[] survivor = ["--cluster", cluster.Nodes[0].Http];
        var show = (await OtxProcess.RunAsync(["experiments", "show", state.Experiment, "-o", "json", .. survivor])).Expect(0).Json;
        Assert.Contains(show.GetProperty("state").GetString(), (string[])["Interrupted", "Failed"]);
        var next = (await OtxProcess.RunAsync([.. Training.SqueezeNet(leaves, epochs: 1), "--workers", "1", .. survivor])).Expect(0).Json;
        Assert.Equal("Completed", next.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_frozen_node_ends_the_run_with_its_name()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2);
        await using var train = await TrainAsync(cluster, cluster.Nodes[0]);

        var ended = await LoseAsync(cluster.Nodes[1], Signal.Stop, train, TimeSpan.FromSeconds(12));
        ended.Expect(1);
        Assert.Contains("n2", ended.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_frozen_node_does_not_hold_a_command_attached_to_it_for_ever()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2);
        await using var train = await TrainAsync(cluster, cluster.Nodes[1]);

        var ended = await LoseAsync(cluster.Nodes[1], Signal.Stop, train, TimeSpan.FromSeconds(30));
        ended.Expect(3);
        Assert.Contains(cluster.Nodes[1].Http, ended.LastError, StringComparison.Ordinal);
    }

    // A run of two workers, one on each node, far too long to end by itself; returns when it trains.
    private async Task<OtxProcess> TrainAsync(TestCluster cluster, TestNode attached)
    {
        var train = OtxProcess.Start([.. Training.SqueezeNet(leaves, epochs: 2000), "--workers", "2", "--cluster", attached.Http]);
        await train.WaitForLineAsync(line => line.StartsWith("epoch ", StringComparison.Ordinal), onError: true);
        return train;
    }

    private static async Task<OtxResult> LoseAsync(TestNode node, Signal signal, OtxProcess train, TimeSpan promised)
    {
        var started = Stopwatch.GetTimestamp();
        node.Process.Send(signal);
        var ended = await train.WaitAsync(promised + TimeSpan.FromSeconds(30));
        var taken = Stopwatch.GetElapsedTime(started);
        TestContext.Current.TestOutputHelper?.WriteLine($"Ended {taken.TotalSeconds:0.0} s after the loss: {ended.LastError}");
        Assert.True(taken < promised, $"It took {taken.TotalSeconds:0.0} s.\n{ended.Error}");
        return ended;
    }
}
