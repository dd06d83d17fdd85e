using System.Diagnostics;

namespace OrleansTransfer.EndToEnd.Tests;

public sealed class NodeLeaveTests(DrawnLeaves leaves)
{
    // Promised to users: a node whose workers stop in time has left after this time.
    private static readonly TimeSpan s_promised = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_node_that_is_told_to_stop_says_so_and_leaves_the_others_without_it()
    {
        await using var redis = await RedisServer.StartAsync();
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2, redis: redis);

        await LeaveAsync(cluster.Nodes[0], Signal.Terminate);

        await Until.TrueAsync(() => cluster.Nodes[1].SeenNodes().SequenceEqual(["n2"]), "n1 to be gone", () => cluster.Transcript);
        await LeaveAsync(cluster.Nodes[1], Signal.Interrupt);
    }

    [Fact]
    public async Task A_node_leaves_in_time_while_it_trains()
    {
        await using var redis = await RedisServer.StartAsync();
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2, redis: redis);
        await using var train = OtxProcess.Start(
            [.. Training.SqueezeNet(leaves, epochs: 2000), "--workers", "2", "--cluster", cluster.Nodes[0].Http]);
        await train.WaitForLineAsync(line => line.StartsWith("epoch ", StringComparison.Ordinal), onError: true);

        await LeaveAsync(cluster.Nodes[1], Signal.Terminate);
    }

    [Fact]
    public async Task A_second_interrupt_ends_a_node_that_cannot_leave_at_once()
    {
        var redis = await RedisServer.StartAsync();
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 1, redis: redis);
        var node = cluster.Nodes[0].Process;

        // Nobody takes the node's farewell.
        await redis.DisposeAsync();
        node.Send(Signal.Interrupt);
        await node.WaitForLineAsync(line => line.Contains("leaves the cluster", StringComparison.Ordinal), onError: true);
        node.Send(Signal.Interrupt);

        Assert.Equal(130, (await node.WaitAsync(s_promised)).ExitCode);
    }

    private static async Task LeaveAsync(TestNode node, Signal signal)
    {
        var started = Stopwatch.GetTimestamp();
        node.Process.Send(signal);
        var left = await node.Process.WaitAsync(s_promised + TimeSpan.FromSeconds(30));
        var taken = Stopwatch.GetElapsedTime(started);
        TestContext.Current.TestOutputHelper?.WriteLine($"Left after {taken.TotalSeconds:0.0} s.");
        left.Expect(0);
        Assert.Single(left.Error.Split('\n'), line => line == $"Node {node.Name} leaves the cluster; Ctrl-C again ends it at once.");
        Assert.True(taken < s_promised, $"It took {taken.TotalSeconds:0.0} s.\n{left.Error}");
    }
}
