using System.Globalization;
using OrleansTransfer.Soak;

namespace OrleansTransfer.EndToEnd.Tests;

public sealed class SoakTests(DrawnLeaves leaves)
{
    [Fact]
    public async Task A_run_whose_nodes_come_and_go_does_every_step_once()
    {
        const int changes = 10;
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 1, environment: Training.OneThread);
        List<ISoakNode> others = [await StartAsync("n2"), await StartAsync("n3")];
        try
        {
            await using var run = await ElasticRun.StartAsync(
                state, cluster.Nodes[0], cluster.Nodes[0],
                [.. Training.SqueezeNet(leaves, epochs: 5000), "--workers", "3", "--set", "training.optimizer.learningRate=0.0001"]);
            var done = await new NodeSoak(cluster.Nodes[0].Http, run.Id, StartAsync, seed: 3).RunAsync(others, changes, change =>
                TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{change.Kind} {change.Seconds:0.0} s")));
            Assert.Equal(changes, done.Count);

            await run.UntilAsync(() => run.Workers.Count == 3 && run.StateName == "Running", "the last join");
            (await OtxProcess.RunAsync("experiments", "cancel", run.Id, "--cluster", cluster.Nodes[0].Http)).Expect(0);
            (await run.Process.WaitAsync(TimeSpan.FromSeconds(30))).Expect(1);
            var steps = state.Events(run.Id).Where(e => e.Kind == "step").Select(e => e.Step).ToList();
            Assert.True(steps.Count > changes);
            Assert.Equal(Enumerable.Range(1, steps.Count).Select(step => (long)step), steps);
            Assert.InRange(run.Now.GetProperty("stepsLost").GetInt64(), 0, changes);
            Assert.True(run.Generation > changes);
        }
        finally
        {
            foreach (var node in others) await node.DisposeAsync();
        }

        async Task<ISoakNode> StartAsync(string name) => new Node(await TestNode.StartAsync(
            name, ["--devices", "cpu:1", "--state", state.Path, "--join", cluster.Nodes[0].Silo], Training.OneThread));
    }

    private sealed class Node(TestNode node) : ISoakNode
    {
        public string Name => node.Name;

        public void Send(int signal) => node.Process.Send((Signal)signal);

        public Task EndAsync() => node.Process.WaitAsync(TimeSpan.FromSeconds(60));

        public ValueTask DisposeAsync() => node.DisposeAsync();
    }
}
