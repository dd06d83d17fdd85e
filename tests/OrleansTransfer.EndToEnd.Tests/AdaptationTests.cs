using System.Text.Json;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>Learning from a domain without labels, as users do it.</summary>
public sealed class AdaptationTests(DrawnLeaves leaves)
{
    [Fact]
    public async Task Methods_and_seeds_are_compared_and_every_run_has_its_predictions_and_report()
    {
        using var state = new StateFolder();
        var compared = (await OtxProcess.RunAsync(
            [.. Adapt("source-only,cdan-e"), "--seeds", "3-4", "--target-test", leaves.Test, "--state", state.Path, "--devices", "cpu:2"])).Expect(0);
        Assert.Contains("data.target seems to have labels (diseased, healthy); they are not looked at.", compared.Error, StringComparison.Ordinal);

        var methods = compared.Json.GetProperty("methods").EnumerateArray().ToList();
        Assert.Equal(["source-only", "cdan-e"], methods.Select(method => method.GetProperty("method").GetString()));
        Assert.All(methods, method => Assert.Equal(2, method.GetProperty("runs").GetInt32()));
        var runs = compared.Json.GetProperty("runs").EnumerateArray().ToList();
        Assert.Equal([3, 4, 3, 4], runs.Select(run => run.GetProperty("seed").GetInt64()));
        foreach (var run in runs)
        {
            var target = run.GetProperty("target");
            Assert.InRange(target.GetProperty("pickedEpoch").GetInt32(), 1, 2);
            double Accuracy(string name) => target.GetProperty(name).GetDouble();
            Assert.True(Accuracy("accuracyOracle") >= Accuracy("accuracy") && Accuracy("accuracyOracle") >= Accuracy("accuracyLast"));
            // A silhouette needs two predicted classes; the others always are numbers.
            Assert.Equal(
                ["dev", "entropy", "im", "snd", "source-accuracy"],
                target.GetProperty("scores").EnumerateObject().Select(score => score.Name).Except(["class-cluster"]).Order(StringComparer.Ordinal));

            var bundle = state.File($"experiments/{run.GetProperty("experiment").GetString()}/bundle");
            var predictions = File.ReadAllLines(Path.Combine(bundle, "target-predictions.csv"));
            Assert.Equal("sample,prediction,diseased,healthy", predictions[0]);
            Assert.Equal(13, predictions.Length);
            var report = File.ReadAllText(Path.Combine(bundle, "report.html"));
            foreach (var part in (string[])["Target domain", "oracle", "Before training, by domain", "After, by class"])
                Assert.Contains(part, report, StringComparison.Ordinal);
        }

        // The bundle is the picked epoch's model: evaluating it on the same pictures gives the accuracy that was reported.
        var first = runs[0];
        var evaluated = (await OtxProcess.RunAsync(
            ["evaluate", first.GetProperty("experiment").GetString()!, leaves.Test, "--state", state.Path, "-o", "json"])).Expect(0).Json;
        Assert.Equal(
            first.GetProperty("target").GetProperty("accuracy").GetDouble(), evaluated.GetProperty("metrics").GetProperty("accuracy").GetDouble(), 1e-6);
    }

    [Fact]
    public async Task A_grey_target_of_a_coloured_source_is_remarked_on_in_the_log_and_in_the_report()
    {
        using var state = new StateFolder();
        const int pictures = 12, size = 8;
        byte[] header = [0, 0, 8, 3, 0, 0, 0, pictures, 0, 0, 0, size, 0, 0, 0, size];
        var grey = state.File("grey-images-idx3-ubyte");
        File.WriteAllBytes(grey, [.. header, .. Enumerable.Range(0, pictures * size * size).Select(i => (byte)(7 * i))]);

        var run = (await OtxProcess.RunAsync([.. Adapt("source-only", target: grey), "--state", state.Path, "--devices", "cpu:2"])).Expect(0);
        var report = File.ReadAllText(Path.Combine(run.Json.GetProperty("bundle").GetString()!, "report.html"));
        string[] remarks = ["The pictures of the target are grey and those of the source coloured", $"{DrawnLeaves.Size} and {size} pixels"];
        foreach (var remark in remarks)
        {
            Assert.Contains(remark, run.Error, StringComparison.Ordinal);
            Assert.Contains(remark, report, StringComparison.Ordinal);
        }

        // The bundle remembers what its pictures looked like, when they are long gone.
        var later = (await OtxProcess.RunAsync(
            "adapt", "--model", run.Json.GetProperty("experiment").GetString()!, "--target", grey, "--epochs", "1", "--state", state.Path,
            "--devices", "cpu:1", "-o", "json")).Expect(0);
        Assert.All(remarks, remark => Assert.Contains(remark, later.Error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_node_may_die_while_the_workers_compare_whole_batches()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2);
        string[] to = ["--cluster", cluster.Nodes[0].Http, "--workers", "2"];
        await using var run = OtxProcess.Start([.. Adapt("mmd"), "--set", "training.epochs=6", .. to]);
        await run.WaitForLineAsync(line => line.StartsWith("epoch 2/", StringComparison.Ordinal), onError: true);
        cluster.Nodes[1].Process.Send(Signal.Kill);
        var summary = (await run.WaitAsync(TimeSpan.FromSeconds(90))).Expect(0).Json;
        Assert.Equal("Completed", summary.GetProperty("state").GetString());
        Assert.Equal(24, summary.GetProperty("steps").GetInt32());
        Assert.True(summary.GetProperty("generation").GetInt32() > 1);
        Assert.InRange(summary.GetProperty("target").GetProperty("pickedEpoch").GetInt32(), 1, 6);
        Assert.Equal(JsonValueKind.Null, summary.GetProperty("target").GetProperty("accuracy").ValueKind);
    }

    [Fact]
    public async Task Without_a_recipe_both_domains_must_be_named()
    {
        var refused = (await OtxProcess.RunAsync("adapt", "--source", leaves.Train)).Expect(2);
        Assert.Contains("both --source and --target", refused.LastError, StringComparison.Ordinal);
        var seeds = (await OtxProcess.RunAsync("adapt", "--source", leaves.Train, "--target", leaves.Test, "--seeds", "4-1")).Expect(2);
        Assert.Contains("'4-1' is neither a seed nor a range", seeds.LastError, StringComparison.Ordinal);
    }

    private IReadOnlyList<string> Adapt(string methods, string? target = null) =>
    [
        "adapt", "--source", leaves.Train, "--target", target ?? leaves.Test, "--method", methods,
        "--backbone", "squeezenet1_1", "--weights", "none", "--epochs", "2", "--batch-size", "12",
        "--set", $"model.inputSize={DrawnLeaves.Size}", "-o", "json",
    ];
}
