using System.Text.Json;

namespace OrleansTransfer.EndToEnd.Tests;

public sealed class JourneyTests(DrawnLeaves leaves)
{
    [Fact]
    public async Task A_user_trains_looks_predicts_evaluates_and_takes_the_bundle_away()
    {
        using var folder = new TemporaryFolder();
        using var state = new StateFolder();
        string[] here = ["--state", state.Path, "-o", "json"];
        var trained = (await OtxProcess.RunAsync(
            [.. Training.SqueezeNet(leaves, epochs: 2), "--state", state.Path, "--devices", "cpu:2", "--workers", "2"])).Expect(0).Json;
        var id = trained.GetProperty("experiment").GetString()!;
        Assert.Equal("Completed", trained.GetProperty("state").GetString());
        Assert.Equal(2, trained.GetProperty("workers").GetInt32());
        Assert.Equal(8, trained.GetProperty("steps").GetInt32());
        Assert.True(File.Exists(Path.Combine(trained.GetProperty("bundle").GetString()!, "model.safetensors")));

        var listed = (await OtxProcess.RunAsync(["experiments", "list", .. here])).Expect(0).Json;
        Assert.Equal(id, Assert.Single(listed.EnumerateArray()).GetProperty("id").GetString());

        // Any unique beginning of an id will do.
        var shown = (await OtxProcess.RunAsync(["experiments", "show", id[..^2], .. here])).Expect(0).Json;
        Assert.Equal(id, shown.GetProperty("id").GetString());
        Assert.Equal(Metric(trained, "accuracy"), Metric(shown, "accuracy"));

        var evaluated = (await OtxProcess.RunAsync(["evaluate", id, leaves.Test, .. here])).Expect(0).Json;
        Assert.Equal(12, evaluated.GetProperty("samples").GetInt32());
        Assert.Equal(["diseased", "healthy"], evaluated.GetProperty("labels").EnumerateArray().Select(label => label.GetString()!));
        Assert.Equal(12, evaluated.GetProperty("confusion").EnumerateArray().SelectMany(row => row.EnumerateArray()).Sum(count => count.GetInt32()));

        // The run validated on the same pictures.
        Assert.Equal(Metric(trained, "loss"), Metric(evaluated, "loss"), tolerance: 1e-4);

        var predicted = (await OtxProcess.RunAsync(["predict", id, .. leaves.Pictures, "--top", "2", .. here])).Expect(0);
        Assert.Equal(12, predicted.Json.GetArrayLength());

        var bundle = folder.Combine("bundle");
        (await OtxProcess.RunAsync(["export", id, "--to", bundle, .. here])).Expect(0);
        Assert.Equal(state.Model(id), await File.ReadAllBytesAsync(Path.Combine(bundle, "model.safetensors"), TestContext.Current.CancellationToken));
        var again = (await OtxProcess.RunAsync(["predict", bundle, .. leaves.Pictures, "--top", "2", "-o", "json"])).Expect(0);
        Assert.Equal(JsonSerializer.Serialize(predicted.Json), JsonSerializer.Serialize(again.Json));
    }

    [Fact]
    public async Task Ctrl_C_stops_an_embedded_run_which_can_be_resumed()
    {
        using var state = new StateFolder();
        string[] two = ["--devices", "cpu:2", "--workers", "2"];
        await using (var train = OtxProcess.Start(
            [.. Training.SqueezeNet(leaves, epochs: 12), "--state", state.Path, .. two, "--set", "checkpoint.everySteps=1"]))
        {
            await train.WaitForLineAsync(line => line.StartsWith("epoch 1/", StringComparison.Ordinal), onError: true);
            train.Send(Signal.Interrupt);
            var stopped = (await train.WaitAsync(TimeSpan.FromSeconds(30))).Expect(130);
            Assert.Equal("Cancelled", stopped.Json.GetProperty("state").GetString());
            // The command to paste names the folder as seen from where this one ran.
            var folder = Path.GetRelativePath(Path.GetTempPath(), state.Path);
            Assert.Contains($"otx experiments resume {state.Experiment} --state {folder}", stopped.Error, StringComparison.Ordinal);
        }
        var resumed = (await OtxProcess.RunAsync(
            "experiments", "resume", state.Experiment, "--state", state.Path, "--devices", "cpu:2", "-o", "json")).Expect(0).Json;
        Assert.Equal("Completed", resumed.GetProperty("state").GetString());
        Assert.Equal(48, resumed.GetProperty("steps").GetInt32());
    }

    [Fact]
    public async Task Ctrl_C_leaves_a_run_of_a_cluster_running_and_says_how_to_come_back()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 1);
        var http = cluster.Nodes[0].Http;
        await using var train = OtxProcess.Start([.. Training.SqueezeNet(leaves, epochs: 2000), "--workers", "1", "--cluster", http]);
        await train.WaitForLineAsync(line => line.StartsWith("epoch 1/", StringComparison.Ordinal), onError: true);
        train.Send(Signal.Interrupt);
        var detached = (await train.WaitAsync(TimeSpan.FromSeconds(30))).Expect(130);
        Assert.Contains($"otx experiments watch {state.Experiment} --cluster {http}", detached.Error, StringComparison.Ordinal);

        var cancelled = (await OtxProcess.RunAsync("experiments", "cancel", state.Experiment, "--cluster", http, "-o", "json")).Expect(0);
        Assert.Contains("Cancelled", cancelled.Out, StringComparison.Ordinal);

        // A node that is told to stop leaves in order.
        cluster.Nodes[0].Process.Send(Signal.Terminate);
        (await cluster.Nodes[0].Process.WaitAsync(TimeSpan.FromSeconds(30))).Expect(0);
    }

    [Fact]
    public async Task A_run_that_diverges_fails_and_names_the_step_and_the_layer()
    {
        using var state = new StateFolder();
        var failed = (await OtxProcess.RunAsync(
            [.. Training.SqueezeNet(leaves, epochs: 2), "--state", state.Path, "--devices", "cpu:2", "--workers", "2",
                "--set", "training.optimizer.learningRate=1e30", "--set", "training.schedule=constant"])).Expect(1);
        Assert.Equal("Failed", failed.Json.GetProperty("state").GetString());
        Assert.Matches(@"(loss|gradients) of step \d+ .*'[a-z0-9_.]+\.(weight|bias)'", failed.LastError);
        Assert.Matches(@"worker \S+/cpu:[01] \(rank [01]\)", failed.LastError);
        Assert.DoesNotContain("NNPACK", failed.Error, StringComparison.Ordinal);
    }

    private static double Metric(JsonElement document, string name) => document.GetProperty("metrics").GetProperty(name).GetDouble();
}
