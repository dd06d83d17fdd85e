using System.Collections.Concurrent;
using System.Globalization;

namespace OrleansTransfer.EndToEnd.Tests;

public sealed class ElasticityTests(DrawnLeaves leaves)
{
    // Losses by epochs: several tests compare with the same run.
    private static readonly ConcurrentDictionary<int, Task<IReadOnlyList<double>>> s_undisturbed = new();

    [Fact]
    public async Task A_run_that_loses_a_node_and_gains_another_has_the_losses_of_one_that_nothing_disturbed()
    {
        const int epochs = 60;
        var expected = await UndisturbedAsync(epochs);
        using var state = new StateFolder();
        await using var cluster = await StartAsync(state, nodes: 2);
        await using var run = await ElasticRun.StartAsync(state, cluster.Nodes[0], cluster.Nodes[0], [.. Recipe(epochs), "--workers", "2"]);

        Print(await run.RegroupAsync(() => cluster.Nodes[1].Process.Send(Signal.Kill), workers: 1));
        await using var third = await JoinAsync(cluster, state, "n3");
        await run.UntilAsync(() => run.Workers.Contains("n3/cpu:0"), "the new node to join");

        var ended = await run.CompleteAsync();
        Assert.Equal(2, ended.GetProperty("workers").GetInt32());
        Assert.Equal(3, ended.GetProperty("generation").GetInt32());
        Assert.InRange(ended.GetProperty("stepsLost").GetInt64(), 0, 1);
        run.AssertWalkedThrough(expected);
    }

    [Fact]
    public async Task A_run_with_too_few_workers_left_waits_in_the_queue_and_goes_on_with_the_next_node()
    {
        const int epochs = 30;
        var expected = await UndisturbedAsync(epochs);
        using var state = new StateFolder();
        await using var cluster = await StartAsync(state, nodes: 2);
        await using var run = await ElasticRun.StartAsync(
            state, cluster.Nodes[0], cluster.Nodes[0], [.. Recipe(epochs), "--workers", "2", "--set", "resources.minWorkers=2"]);

        cluster.Nodes[1].Process.Send(Signal.Kill);
        // Why it left its devices is said first, and what it waits for when the scheduler has looked.
        await run.UntilAsync(
            () => run.StateName == "Queued" && run.Now.GetProperty("reason").GetString()!.Contains("needs 2", StringComparison.Ordinal),
            "the run to wait for a second device");
        await using var third = await JoinAsync(cluster, state, "n3");

        var ended = await run.CompleteAsync();
        Assert.Equal(2, ended.GetProperty("workers").GetInt32());
        Assert.InRange(ended.GetProperty("stepsLost").GetInt64(), 0, 1);
        run.AssertWalkedThrough(expected);
    }

    [Fact]
    public async Task A_frozen_node_is_done_without_and_does_no_harm_when_it_wakes_up()
    {
        using var state = new StateFolder();
        await using var cluster = await StartAsync(state, nodes: 2);
        await using var run = await ElasticRun.StartAsync(state, cluster.Nodes[0], cluster.Nodes[0], [.. Recipe(2000), "--workers", "2"]);

        Print(await run.RegroupAsync(() => cluster.Nodes[1].Process.Send(Signal.Stop), workers: 1));
        var generation = run.Generation;
        cluster.Nodes[1].Process.Send(Signal.Continue);

        // Whether the cluster had declared it dead by then, and it ends, or not: this run does without it.
        var step = run.Step;
        await run.UntilAsync(() => run.Step > step + 50, "the run to go on");
        Assert.Equal((generation, "Running"), (run.Generation, run.StateName));
        var steps = state.Events(run.Id).Where(e => e.Kind == "step").Select(e => e.Step).ToList();
        Assert.Equal(Enumerable.Range(1, steps.Count).Select(number => (long)number), steps);
    }

    [Fact]
    public async Task A_node_that_is_told_to_stop_hands_over_and_loses_nothing()
    {
        const int epochs = 30;
        var expected = await UndisturbedAsync(epochs);
        using var state = new StateFolder();
        await using var cluster = await StartAsync(state, nodes: 2);
        await using var run = await ElasticRun.StartAsync(state, cluster.Nodes[0], cluster.Nodes[0], [.. Recipe(epochs), "--workers", "2"]);

        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        cluster.Nodes[1].Process.Send(Signal.Terminate);
        (await cluster.Nodes[1].Process.WaitAsync(TimeSpan.FromSeconds(30))).Expect(0);
        Print(System.Diagnostics.Stopwatch.GetElapsedTime(started));

        var ended = await run.CompleteAsync();
        Assert.Equal(1, ended.GetProperty("workers").GetInt32());
        Assert.Equal(0, ended.GetProperty("stepsLost").GetInt64());
        run.AssertWalkedThrough(expected);
    }

    [Fact]
    public async Task When_the_node_of_the_coordinator_dies_another_coordinates_and_the_run_goes_on()
    {
        const int epochs = 30;
        var expected = await UndisturbedAsync(epochs);
        using var state = new StateFolder();
        await using var cluster = await StartAsync(state, nodes: 2);
        await using var run = await ElasticRun.StartAsync(state, cluster.Nodes[1], cluster.Nodes[0], [.. Recipe(epochs), "--workers", "2"]);

        Print(await run.RegroupAsync(() => cluster.Nodes[1].Process.Send(Signal.Kill), workers: 1));

        // The command that was attached to that node says that it is gone; the run does not care.
        (await run.Process.WaitAsync(TimeSpan.FromSeconds(30))).Expect(3);
        await run.UntilAsync(() => run.StateName == "Completed", "the run to complete");
        run.AssertWalkedThrough(expected);
    }

    private IReadOnlyList<string> Recipe(int epochs) =>
    [
        .. Training.SqueezeNet(leaves, epochs),
        "--set", "transfer.batchNorm=frozen", "--set", "model.head.dropout=0", "--set", "data.augment=standard",
        "--set", "training.optimizer.type=sgd", "--set", "training.optimizer.learningRate=0.0005",
    ];

    private Task<IReadOnlyList<double>> UndisturbedAsync(int epochs) => s_undisturbed.GetOrAdd(epochs, TrainUndisturbedAsync);

    private async Task<IReadOnlyList<double>> TrainUndisturbedAsync(int epochs)
    {
        using var state = new StateFolder();
        await using var train = OtxProcess.Start(
            [.. Recipe(epochs), "--state", state.Path, "--devices", "cpu:2", "--workers", "2"], Training.OneThread);
        var ended = (await train.WaitAsync(TimeSpan.FromMinutes(2))).Expect(0).Json;
        return state.Losses(ended.GetProperty("experiment").GetString()!);
    }

    private static Task<TestCluster> StartAsync(StateFolder state, int nodes) =>
        TestCluster.StartAsync(state.Path, nodes, environment: Training.OneThread);

    private static Task<TestNode> JoinAsync(TestCluster cluster, StateFolder state, string name) =>
        TestNode.StartAsync(name, ["--devices", "cpu:1", "--state", state.Path, "--join", cluster.Nodes[0].Silo], Training.OneThread);

    // Users are promised 3 s after a crash, 10 s after a freeze and 5 s for a node to leave; the soak benchmark holds the project to that.
    private static void Print(TimeSpan taken) =>
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{taken.TotalSeconds:0.0} s"));
}
