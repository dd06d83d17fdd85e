namespace OrleansTransfer.EndToEnd.Tests;

public sealed class WorldSizeTests(DrawnLeaves leaves)
{
    [Fact]
    public async Task One_two_and_three_workers_and_two_nodes_walk_through_the_same_losses()
    {
        // A batch of 10 divides among three workers unevenly, and the last batch of an epoch has 8: 5 steps an epoch.
        IReadOnlyList<string> recipe =
        [
            .. Training.SqueezeNet(leaves, epochs: 4, batchSize: 10),
            "--set", "transfer.batchNorm=frozen", "--set", "model.head.dropout=0", "--set", "data.augment=standard",
            // Where gradients are next to nothing, AdamW makes full steps of their rounding: a high rate would amplify that beyond the tolerance.
            "--set", "training.optimizer.type=adamw", "--set", "training.optimizer.learningRate=0.001",
        ];
        using var state = new StateFolder();
        var losses = new Dictionary<string, IReadOnlyList<double>>();
        var models = new Dictionary<string, byte[]>();
        foreach (var workers in (string[])["1", "2", "3"])
            await RunAsync($"{workers} workers", [.. recipe, "--state", state.Path, "--devices", "cpu:3", "--workers", workers]);
        await using (var cluster = await TestCluster.StartAsync(state.Path, nodes: 2, environment: Training.OneThread))
            await RunAsync("2 nodes", [.. recipe, "--cluster", cluster.Nodes[0].Http, "--workers", "2"]);

        var expected = losses["1 workers"];
        Assert.Equal(20, expected.Count);
        Assert.True(expected.Max() - expected.Min() > 0.01, "The losses hardly change: agreement would say nothing.");
        foreach (var (run, found) in losses)
        {
            Assert.Equal(expected.Count, found.Count);
            Assert.All(expected.Zip(found), pair => Assert.True(
                Math.Abs(pair.First - pair.Second) <= 1e-4 * Math.Abs(pair.First),
                $"{run}: a loss is {pair.Second} where one worker has {pair.First}."));
        }

        // Sums are made in rank order wherever the ranks are.
        Assert.True(models["2 workers"].AsSpan().SequenceEqual(models["2 nodes"]), "The weights of two workers and of two nodes differ.");

        async Task RunAsync(string run, IReadOnlyList<string> arguments)
        {
            await using var train = OtxProcess.Start(arguments, Training.OneThread);
            var id = (await train.WaitAsync(TimeSpan.FromMinutes(2))).Expect(0).Json.GetProperty("experiment").GetString()!;
            losses[run] = state.Losses(id);
            models[run] = state.Model(id);
        }
    }
}
