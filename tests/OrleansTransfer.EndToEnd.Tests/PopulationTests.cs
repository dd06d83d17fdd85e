using System.Text.Json;
using OrleansTransfer.Storage;

namespace OrleansTransfer.EndToEnd.Tests;

public sealed class PopulationTests(DrawnLeaves leaves)
{
    [Fact]
    public async Task A_trial_that_falls_behind_goes_on_from_the_checkpoint_of_a_better_one_and_the_ledger_says_so()
    {
        const int trials = 4, epochs = 4;
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 1, Training.OneThread);
        var sweep = await SweepRun.StartAsync(
            () => cluster.Nodes[0], leaves, trials, epochs,
            stopping: new { type = "pbt", options = new { interval = 1, share = 0.5 } });
        await sweep.UntilAsync(() => sweep.State == "Completed", "the sweep to complete", cluster.Transcript);

        // Each epoch is measured once, whatever weights it began with.
        Assert.All(sweep.Trials, trial => Assert.Equal(
            Enumerable.Range(1, epochs), trial.GetProperty("measurements").EnumerateArray().Select(measured => measured.GetProperty("epoch").GetInt32())));

        var (trial, origin) = sweep.Trials
            .SelectMany(one => one.GetProperty("lineage").EnumerateArray().Select(entry => (one, entry))).First();
        var (number, from) = (trial.GetProperty("number").GetInt32(), origin.GetProperty("from").GetInt32());
        Assert.InRange(origin.GetProperty("fromEpoch").GetInt32(), 1, epochs);
        Assert.NotEqual(
            origin.GetProperty("before").GetProperty("training.optimizer.learningRate").GetString(),
            sweep.Trials[number].GetProperty("parameters").GetProperty("training.optimizer.learningRate").GetString());

        // Of the trials of one device those before have ended, and their last checkpoint is still there.
        var inherited = Ledger(state, sweep.Id).Single(entry => entry.Trial == number && entry.Epoch == origin.GetProperty("epoch").GetInt32());
        Assert.Equal($"{sweep.Id}-t{from}", inherited.Experiment);
        var manifest = state.File($"{BlobLayout.Checkpoints(inherited.Experiment)}{inherited.Checkpoint}/manifest.json");
        Assert.Contains(inherited.Sha256, await File.ReadAllTextAsync(manifest, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains(state.Events($"{sweep.Id}-t{number}"), e =>
            e.Kind == "log" && e.Message!.Contains($"the weights of trial {from}", StringComparison.Ordinal));
        Assert.Contains(state.Events($"{sweep.Id}-t{number}"), e => e.Kind == "log" && e.Message!.StartsWith("Resuming from the checkpoint", StringComparison.Ordinal));

        // What the run reports to have trained with changes where the weights do.
        await using var show = OtxProcess.Start(["sweep", "show", sweep.Id, "--state", state.Path]);
        var shown = (await show.WaitAsync(TimeSpan.FromMinutes(1))).Expect(0).Out;
        Assert.Contains($"trial {number} after epoch", shown, StringComparison.Ordinal);
        Assert.Contains($"weights of trial {from} after its epoch", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_population_whose_node_is_killed_goes_on_with_every_epoch_measured_once()
    {
        const int epochs = 4;
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 1, Training.OneThread);
        var sweep = await SweepRun.StartAsync(
            () => cluster.Nodes[^1], leaves, trials: 4, epochs, stopping: new { type = "pbt", options = new { interval = 1, share = 0.5 } });
        await sweep.UntilAsync(
            () => sweep.Trials.Any(trial => trial.GetProperty("lineage").GetArrayLength() > 0), "a trial that goes on from another", cluster.Transcript);
        cluster.Nodes[^1].Process.Send(Signal.Kill);
        await cluster.Nodes[^1].Process.WaitAsync(TimeSpan.FromSeconds(10));
        await cluster.AddAloneAsync(["--devices", "cpu:1", "--state", state.Path], "again", Training.OneThread);

        await sweep.UntilAsync(() => sweep.State == "Completed", "the sweep to complete", cluster.Transcript);
        Assert.All(sweep.Trials, trial =>
        {
            Assert.Equal("Completed", trial.GetProperty("state").GetString());
            Assert.Equal(
                Enumerable.Range(1, epochs), trial.GetProperty("measurements").EnumerateArray().Select(measured => measured.GetProperty("epoch").GetInt32()));
        });
        var decided = sweep.Trials.Sum(trial => trial.GetProperty("lineage").GetArrayLength());
        Assert.Equal(decided, Ledger(state, sweep.Id).Count);
    }

    private static IReadOnlyList<(int Trial, int Epoch, string Experiment, string Checkpoint, string Sha256)> Ledger(StateFolder state, string id) =>
    [
        .. Directory.GetFiles(Path.GetDirectoryName(state.File(BlobLayout.Ledger(id, 0)))!, "*.jsonl").Order(StringComparer.Ordinal)
            .SelectMany(File.ReadAllLines).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(entry => entry.TryGetProperty("attempt", out var attempt) && attempt.TryGetProperty("inherited", out _))
            .Select(entry => entry.GetProperty("attempt"))
            .Select(attempt => (attempt, Inherited: attempt.GetProperty("inherited"), Weights: attempt.GetProperty("inherited").GetProperty("weights")))
            .Select(entry => (
                entry.attempt.GetProperty("trial").GetInt32(), entry.Inherited.GetProperty("epoch").GetInt32(),
                entry.Weights.GetProperty("experiment").GetString()!, entry.Weights.GetProperty("checkpoint").GetString()!,
                entry.Weights.GetProperty("sha256").GetString()!)),
    ];
}
