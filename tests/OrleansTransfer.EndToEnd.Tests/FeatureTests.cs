using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansTransfer.EndToEnd.Tests;

public sealed class FeatureTests(DrawnLeaves leaves)
{
    [Fact]
    public async Task Trials_with_a_frozen_backbone_compute_its_features_once_and_learn_what_they_learn_without()
    {
        const int trials = 3, epochs = 2;
        using var with = new StateFolder();
        IReadOnlyList<double> kept;
        await using (var cluster = await StartAsync(with, megabytes: 1000))
        {
            kept = await LossesAsync(cluster, trials, epochs);
            var opened = await CountsAsync(cluster.Nodes[0], "features_opened");
            Assert.Equal((2, 2 * (trials - 1), 0), (opened["computed"], opened["reused"], opened["unavailable"]));
            var samples = await CountsAsync(cluster.Nodes[0], "feature_samples");
            Assert.Equal((trials * epochs - 1) * samples["computed"], samples["kept"]);
        }
        Assert.Equal(2, Directory.GetFiles(with.File("cache/features")).Length);

        using var without = new StateFolder();
        await using var plain = await StartAsync(without, megabytes: 0);
        var expected = await LossesAsync(plain, trials, epochs);
        var refused = await CountsAsync(plain.Nodes[0], "features_opened");
        Assert.Equal((0, 0, 2 * trials), (refused["computed"], refused["reused"], refused["unavailable"]));
        Assert.All(expected.Zip(kept), pair => Assert.Equal(pair.First, pair.Second, 1e-5 * pair.First));
    }

    [Fact]
    public async Task Two_workers_and_two_nodes_learn_on_kept_features_what_one_learns_on_pictures()
    {
        IReadOnlyList<string> recipe =
        [
            .. Training.SqueezeNet(leaves, epochs: 3, batchSize: 10), "--set", "transfer.method=lp-ft", "--set", "model.head.dropout=0",
            "--set", "data.augment=none", "--set", "training.optimizer.type=adamw", "--set", "training.optimizer.learningRate=0.001",
        ];
        var expected = await RunAsync(megabytes: 0, ["--devices", "cpu:1"]);
        using var state = new StateFolder();
        var together = await RunAsync(megabytes: 100, ["--devices", "cpu:2", "--workers", "2"], state);
        Assert.Equal(2, Directory.GetFiles(state.File("cache/features")).Length);
        AssertClose(expected, together);

        using var shared = new StateFolder();
        await using var cluster = await StartAsync(shared, megabytes: 100, nodes: 2);
        AssertClose(expected, await RunAsync(megabytes: 100, ["--cluster", cluster.Nodes[0].Http, "--workers", "2"], shared));
        foreach (var node in cluster.Nodes)
            Assert.True((await CountsAsync(node, "feature_samples"))["computed"] > 0, $"{node.Name} computed nothing.");

        async Task<IReadOnlyList<double>> RunAsync(int megabytes, IReadOnlyList<string> where, StateFolder? folder = null)
        {
            using var own = folder is null ? new StateFolder() : null;
            var place = folder ?? own!;
            await using var train = OtxProcess.Start(
                [.. recipe, .. where, .. where[0] == "--cluster" ? (string[])[] : ["--state", place.Path]], Environment(megabytes));
            var id = (await train.WaitAsync(TimeSpan.FromMinutes(3))).Expect(0).Json.GetProperty("experiment").GetString()!;
            Assert.Equal(
                megabytes > 0,
                place.Events(id).Any(e => e.Message?.Contains("is frozen in the first 1 of 3 epochs", StringComparison.Ordinal) == true));
            return place.Losses(id);
        }
    }

    [Fact]
    public async Task A_run_on_kept_features_that_loses_a_node_and_gains_another_has_the_losses_of_one_on_pictures()
    {
        IReadOnlyList<string> recipe =
        [
            .. Training.SqueezeNet(leaves, epochs: 150, batchSize: 10), "--set", "transfer.method=feature-extraction",
            "--set", "model.head.dropout=0", "--set", "data.augment=none", "--set", "training.optimizer.learningRate=0.001",
        ];
        using var plain = new StateFolder();
        await using var alone = OtxProcess.Start([.. recipe, "--state", plain.Path, "--devices", "cpu:1"], Environment(megabytes: 0));

        using var state = new StateFolder();
        await using var cluster = await StartAsync(state, megabytes: 100, nodes: 2);
        await using var run = await ElasticRun.StartAsync(
            state, cluster.Nodes[0], cluster.Nodes[0], [.. recipe, "--workers", "2", "--set", "resources.minWorkers=2"]);
        // On features one worker alone would be done before another node is there: it is made to wait.
        cluster.Nodes[1].Process.Send(Signal.Kill);
        await run.UntilAsync(() => run.StateName == "Queued", "the run to wait for a second device");
        await cluster.AddNodeAsync("n3");
        await run.CompleteAsync();

        var id = (await alone.WaitAsync(TimeSpan.FromMinutes(5))).Expect(0).Json.GetProperty("experiment").GetString()!;
        run.AssertWalkedThrough(plain.Losses(id));
    }

    private static void AssertClose(IReadOnlyList<double> expected, IReadOnlyList<double> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-4 * pair.First));
    }

    private static Dictionary<string, string> Environment(int megabytes) =>
        new(Training.OneThread) { ["OTX_FEATURES_MEGABYTES"] = megabytes.ToString(CultureInfo.InvariantCulture) };

    private static Task<TestCluster> StartAsync(StateFolder state, int megabytes, int nodes = 1) =>
        TestCluster.StartAsync(state.Path, nodes, Environment(megabytes));

    // Loss after each epoch of each trial.
    private async Task<IReadOnlyList<double>> LossesAsync(TestCluster cluster, int trials, int epochs)
    {
        var sweep = await SweepRun.StartAsync(() => cluster.Nodes[0], leaves, trials, epochs, method: "feature-extraction");
        await sweep.UntilAsync(() => sweep.State == "Completed", "the sweep to complete", cluster.Transcript);
        return [.. sweep.Trials.SelectMany(trial => trial.GetProperty("measurements").EnumerateArray())
            .Select(measured => measured.GetProperty("value").GetDouble())];
    }

    private static async Task<Dictionary<string, double>> CountsAsync(TestNode node, string name)
    {
        var pattern = new Regex($"orleanstransfer_{name}_total\\{{[^}}]*(?:result|source)=\"([a-z]+)\"[^}}]*\\}} ([0-9.]+)");
        return pattern.Matches(await node.GetAsync("/metrics"))
            .ToDictionary(match => match.Groups[1].Value, match => double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));
    }
}
