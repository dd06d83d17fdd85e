using System.Net;

namespace OrleansTransfer.EndToEnd.Tests;

public sealed class SweepTests(DrawnLeaves leaves)
{
    [Fact]
    public async Task A_sweep_whose_node_is_killed_again_and_again_ends_with_the_trials_of_one_that_nothing_disturbed()
    {
        const int trials = 6, epochs = 3;
        using var calm = new StateFolder();
        IReadOnlyList<(double Rate, double Value)> expected;
        await using (var cluster = await TestCluster.StartAsync(calm.Path, nodes: 1, Training.OneThread))
        {
            var sweep = await SweepRun.StartAsync(() => cluster.Nodes[0], leaves, trials, epochs);
            await sweep.UntilAsync(() => sweep.State == "Completed", "the sweep to complete", cluster.Transcript);
            expected = Outcomes(sweep);
        }

        using var state = new StateFolder();
        await using var disturbed = await TestCluster.StartAsync(state.Path, nodes: 1, Training.OneThread);
        var run = await SweepRun.StartAsync(() => disturbed.Nodes[^1], leaves, trials, epochs);
        for (var kill = 0; kill < 3; kill++)
        {
            var before = kill;
            await run.UntilAsync(() => run.Now.GetProperty("epochs").GetInt64() > before * 4, "some epochs", disturbed.Transcript);
            disturbed.Nodes[^1].Process.Send(Signal.Kill);
            await disturbed.Nodes[^1].Process.WaitAsync(TimeSpan.FromSeconds(10));
            await AddAloneAsync(disturbed, state, $"m{kill}");
        }
        await run.UntilAsync(() => run.State == "Completed", "the sweep to complete", disturbed.Transcript);

        Assert.Equal(expected.Select(trial => trial.Rate), Outcomes(run).Select(trial => trial.Rate));
        Assert.All(expected.Zip(Outcomes(run)), pair => Assert.Equal(pair.First.Value, pair.Second.Value, 1e-4));
        Assert.All(run.Trials, trial =>
        {
            Assert.Equal("Completed", trial.GetProperty("state").GetString());
            Assert.Equal(
                Enumerable.Range(1, epochs), trial.GetProperty("measurements").EnumerateArray().Select(measured => measured.GetProperty("epoch").GetInt32()));
        });
        Assert.Equal(
            Enumerable.Range(0, trials).Select(number => $"{run.Id}-t{number}"),
            Directory.GetDirectories(Path.Combine(state.Path, "experiments")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_paused_sweep_trains_nothing_and_goes_on_where_it_was()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 1);
        var sweep = await SweepRun.StartAsync(() => cluster.Nodes[0], leaves, trials: 3, epochs: 4);
        await sweep.UntilAsync(() => sweep.Now.GetProperty("epochs").GetInt64() > 0, "an epoch", cluster.Transcript);

        Assert.Equal(HttpStatusCode.OK, (await sweep.OrderAsync("pause")).StatusCode);
        Assert.Equal("Paused", sweep.State);
        var epochs = sweep.Now.GetProperty("epochs").GetInt64();
        await sweep.UntilAsync(() => cluster.Nodes[0].FreeDevices() == 1, "a free device", cluster.Transcript);
        Assert.Equal(epochs, sweep.Now.GetProperty("epochs").GetInt64());

        Assert.Equal(HttpStatusCode.OK, (await sweep.OrderAsync("resume")).StatusCode);
        await sweep.UntilAsync(() => sweep.State == "Completed", "the sweep to complete", cluster.Transcript);
        Assert.All(sweep.Trials, trial => Assert.Equal("Completed", trial.GetProperty("state").GetString()));

        // Without a larger budget there is nothing to go on with.
        Assert.Equal(HttpStatusCode.BadRequest, (await sweep.OrderAsync("resume")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await sweep.OrderAsync("resume", new { budget = new { trials = 4 } })).StatusCode);
        await sweep.UntilAsync(() => sweep.State == "Completed" && sweep.Trials.Count == 4, "one more trial", cluster.Transcript);
    }

    [Fact]
    public async Task A_sweep_whose_trials_all_fail_alike_before_their_first_epoch_ends_with_the_reason()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 1);

        // Weights that are nowhere: no trial can start.
        var sweep = await SweepRun.StartAsync(
            () => cluster.Nodes[0], leaves, trials: 10, epochs: 2,
            space: new object[]
            {
                new
                {
                    path = "model.weights",
                    kind = "choice",
                    values = (string[])[.. Enumerable.Range(1, 9).Select(number => Path.Combine(state.Path, $"nowhere-{number}.safetensors"))],
                },
            });
        await sweep.UntilAsync(() => sweep.State == "Failed", "the sweep to give up", cluster.Transcript);

        Assert.Contains("trials failed before their first epoch for the same reason", sweep.Now.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.InRange(sweep.Trials.Count, 3, 4);
    }

    [Fact]
    public async Task Trials_with_the_same_values_are_trained_once()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 1);
        var sweep = await SweepRun.StartAsync(
            () => cluster.Nodes[0], leaves, trials: 3, epochs: 1,
            space: new object[] { new { path = "model.head.dropout", kind = "choice", values = (string[])["0", "0.5"] } });
        await sweep.UntilAsync(() => sweep.State == "Completed", "the sweep to complete", cluster.Transcript);
        Assert.Equal(2, sweep.Trials.Count);
        Assert.Equal(2, Directory.GetDirectories(Path.Combine(state.Path, "experiments")).Length);

        var again = (await sweep.OrderAsync("trials", new { parameters = new Dictionary<string, string> { ["model.head.dropout"] = "0.5" } })).StatusCode;
        Assert.Equal(HttpStatusCode.OK, again);
        await sweep.OrderAsync("resume", new { budget = new { trials = 3 } });
        await sweep.UntilAsync(() => sweep.State == "Completed" && sweep.Trials.Count == 3, "the trial by hand", cluster.Transcript);
        Assert.NotEqual(System.Text.Json.JsonValueKind.Null, sweep.Trials[2].GetProperty("sameAs").ValueKind);
        Assert.Equal(2, Directory.GetDirectories(Path.Combine(state.Path, "experiments")).Length);

        var wrong = await sweep.OrderAsync("trials", new { parameters = new Dictionary<string, string> { ["model.head.dropout"] = "0.7" } });
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Contains("model.head.dropout", await wrong.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recipe_with_a_search_is_run_and_gives_the_recipe_of_its_best_trial()
    {
        using var state = new StateFolder();
        var recipe = Path.Combine(state.Path, "search.yaml");
        await File.WriteAllTextAsync(
            recipe,
            $$"""
            name: rates
            model: { backbone: squeezenet1_1, weights: none, inputSize: {{DrawnLeaves.Size}} }
            data: { train: {{leaves.Train}}, validation: {{leaves.Test}}, augment: none }
            training: { epochs: 3, batchSize: 12 }
            search:
              space:
                training.optimizer.learningRate: { log: [1e-4, 1e-2] }
                transfer.unfreeze: [none, all]
              metric: loss
              stopping: asha
              budget: { trials: 5 }
            """,
            TestContext.Current.CancellationToken);

        var plan = (await RunAsync("sweep", "plan", recipe)).Json;
        Assert.Equal(5, plan.GetProperty("trials").GetInt32());
        var ended = (await RunAsync("sweep", "run", recipe)).Json;
        var id = ended.GetProperty("sweep").GetString()!;
        Assert.Equal("Completed", ended.GetProperty("state").GetString());
        Assert.InRange(ended.GetProperty("epochs").GetInt64(), 5, 14);

        var best = (await OtxAsync("sweep", "best", id, "--state", state.Path)).Out;
        var pasted = Path.Combine(state.Path, "best.yaml");
        await File.WriteAllTextAsync(pasted, best, TestContext.Current.CancellationToken);
        var explained = (await OtxAsync("recipe", "explain", pasted)).Out;
        Assert.Contains("learningRate", explained, StringComparison.Ordinal);
        var page = Path.Combine(state.Path, "sweep.html");
        await OtxAsync("sweep", "report", id, "--to", page, "--state", state.Path);
        Assert.Contains(id, await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken), StringComparison.Ordinal);

        // A search is not a run.
        await using var train = OtxProcess.Start(["train", recipe, "--state", state.Path]);
        var refused = (await train.WaitAsync(TimeSpan.FromSeconds(30))).Expect(2);
        Assert.Contains("otx sweep run", refused.Error, StringComparison.Ordinal);

        Task<OtxResult> RunAsync(params string[] arguments) => OtxAsync([.. arguments, "--state", state.Path, "--devices", "cpu:2", "-o", "json"]);

        static async Task<OtxResult> OtxAsync(params string[] arguments)
        {
            await using var process = OtxProcess.Start(arguments);
            return (await process.WaitAsync(TimeSpan.FromMinutes(2))).Expect(0);
        }
    }

    private static IReadOnlyList<(double Rate, double Value)> Outcomes(SweepRun sweep) =>
    [
        .. sweep.Trials.Select(trial => (
            double.Parse(
                trial.GetProperty("parameters").GetProperty("training.optimizer.learningRate").GetString()!,
                System.Globalization.CultureInfo.InvariantCulture),
            trial.GetProperty("value").GetDouble())),
    ];

    // Nobody is left to join: a cluster of its own, over the same state.
    private static Task<TestNode> AddAloneAsync(TestCluster cluster, StateFolder state, string name) =>
        cluster.AddAloneAsync(["--devices", "cpu:1", "--state", state.Path], name, Training.OneThread);
}
