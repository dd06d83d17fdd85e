using System.Net;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>Sweeps that cannot be carried out as they were meant.</summary>
public sealed class SweepFaultTests(DrawnLeaves leaves)
{
    [Theory]
    [InlineData("hours", "0.002 hours")]
    [InlineData("deviceHours", "0.002 device-hours")]
    public async Task A_sweep_ends_when_its_time_is_used_and_leaves_nothing_running(string limit, string used)
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 1);
        var sweep = await SweepRun.StartAsync(
            () => cluster.Nodes[0], leaves, trials: 0, epochs: 50,
            budget: new Dictionary<string, object> { ["trials"] = 1000, [limit] = 0.002 });
        await sweep.UntilAsync(() => sweep.State == "Completed", "the budget to be used", cluster.Transcript);

        Assert.Equal($"the budget of {used} is used", sweep.Now.GetProperty("reason").GetString());
        Assert.InRange(sweep.Trials.Count, 1, 999);
        Assert.All(sweep.Trials, trial => Assert.Contains(trial.GetProperty("state").GetString(), (string[])["Completed", "Stopped"]));
        await sweep.UntilAsync(() => cluster.Nodes[0].FreeDevices() == 1, "a free device", cluster.Transcript);

        // More time is more trials.
        var before = sweep.Now.GetProperty("epochs").GetInt64();
        Assert.Equal(HttpStatusCode.OK, (await sweep.OrderAsync("resume", new { budget = new { trials = sweep.Trials.Count + 1 } })).StatusCode);
        await sweep.UntilAsync(() => sweep.Now.GetProperty("epochs").GetInt64() > before, "an epoch of one more trial", cluster.Transcript);
    }

    [Fact]
    public async Task A_budget_smaller_than_one_trial_stops_it_and_says_so()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 1);
        var sweep = await SweepRun.StartAsync(
            () => cluster.Nodes[0], leaves, trials: 0, epochs: 2000, budget: new { trials = 5, deviceHours = 1e-4 });
        await sweep.UntilAsync(() => sweep.State == "Completed", "the budget to be used", cluster.Transcript);

        Assert.Equal("the budget of 0.0001 device-hours is used", sweep.Now.GetProperty("reason").GetString());
        var trial = Assert.Single(sweep.Trials);
        Assert.Equal("Stopped", trial.GetProperty("state").GetString());
        await sweep.UntilAsync(() => cluster.Nodes[0].FreeDevices() == 1, "a free device", cluster.Transcript);
    }

    [Fact]
    public async Task A_sweep_whose_data_vanish_ends_with_the_reason()
    {
        using var state = new StateFolder();
        using var data = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(leaves.Train, "*", SearchOption.AllDirectories))
        {
            var copy = data.Combine(Path.GetRelativePath(leaves.Train, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 1);
        var sweep = await SweepRun.StartAsync(() => cluster.Nodes[0], leaves, trials: 100, epochs: 1, train: data.Path);
        await sweep.UntilAsync(() => sweep.Now.GetProperty("epochs").GetInt64() > 0, "an epoch", cluster.Transcript);

        foreach (var folder in Directory.GetDirectories(data.Path)) Directory.Delete(folder, recursive: true);
        await sweep.UntilAsync(() => sweep.State == "Failed", "the sweep to give up", cluster.Transcript);

        Assert.Contains("failed before their first epoch for the same reason", sweep.Now.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.InRange(sweep.Trials.Count, 3, 99);
        Assert.Equal(HttpStatusCode.OK, (await sweep.OrderAsync("cancel")).StatusCode);
    }

    [Fact]
    public async Task A_trial_whose_loss_is_no_number_is_infeasible_and_the_others_go_on()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 1);
        var sweep = await SweepRun.StartAsync(
            () => cluster.Nodes[0], leaves, trials: 10, epochs: 2,
            space: new object[] { new { path = "training.optimizer.learningRate", kind = "choice", values = (string[])["0.001", "1e30", "0.002"] } });
        await sweep.UntilAsync(() => sweep.State == "Completed", "the sweep to complete", cluster.Transcript);

        Assert.Equal(3, sweep.Trials.Count);
        var states = sweep.Trials.ToDictionary(
            trial => trial.GetProperty("parameters").GetProperty("training.optimizer.learningRate").GetString()!, trial => trial);
        Assert.Equal("Infeasible", states["1E+30"].GetProperty("state").GetString());
        Assert.Contains("lower learning rate", states["1E+30"].GetProperty("reason").GetString(), StringComparison.Ordinal);
        foreach (var rate in (string[])["0.001", "0.002"]) Assert.Equal("Completed", states[rate].GetProperty("state").GetString());
        Assert.NotEqual(states["1E+30"].GetProperty("number").GetInt32(), sweep.Now.GetProperty("best").GetInt32());
    }

    [Fact]
    public async Task A_metric_that_is_not_measured_is_refused_with_those_that_are()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 1);
        foreach (var (metric, told) in new[]
        {
            ("acuracy", "the nearest is 'accuracy'"), ("", "expected one of accuracy, loss"), ("target.im", "data.target"), ("target.accuracy", "labels of the target"),
        })
        {
            var answer = await SweepRun.PostAsync(() => cluster.Nodes[0], leaves, trials: 2, epochs: 1, metric: metric);
            var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.True(HttpStatusCode.BadRequest == answer.StatusCode, $"{metric}: {text}");
            Assert.Contains("search.metric", text, StringComparison.Ordinal);
            Assert.Contains(told, System.Text.Json.JsonDocument.Parse(text).RootElement.GetRawText().Replace("\\u0027", "'", StringComparison.Ordinal), StringComparison.Ordinal);
        }
        Assert.Empty(state.Experiments);
    }

    [Fact]
    public async Task A_space_of_one_value_is_one_trial()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 1);
        var sweep = await SweepRun.StartAsync(
            () => cluster.Nodes[0], leaves, trials: 5, epochs: 1,
            space: new object[] { new { path = "model.head.dropout", kind = "uniform", low = 0.2, high = 0.2 } });
        await sweep.UntilAsync(() => sweep.State == "Completed", "the sweep to complete", cluster.Transcript);

        Assert.Equal("every configuration of the space has been tried", sweep.Now.GetProperty("reason").GetString());
        Assert.Equal("Completed", Assert.Single(sweep.Trials).GetProperty("state").GetString());
    }

    [Fact]
    public async Task Of_two_clusters_over_one_container_one_drives_a_sweep_until_it_is_gone()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 1, Training.OneThread);
        var first = await SweepRun.StartAsync(() => cluster.Nodes[0], leaves, trials: 6, epochs: 3);
        await first.UntilAsync(() => first.Now.GetProperty("epochs").GetInt64() > 0, "an epoch", cluster.Transcript);
        var other = await cluster.AddAloneAsync(["--devices", "cpu:1", "--state", state.Path], "other", Training.OneThread);
        var second = first.From(() => other);

        // It sees the sweep, says who drives it, and leaves it alone.
        var refused = await second.OrderAsync("pause");
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains(cluster.Nodes[0].Http, await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var seen = first.Now.GetProperty("epochs").GetInt64();
        await first.UntilAsync(() => first.Now.GetProperty("epochs").GetInt64() > seen, "one more epoch where it is driven", cluster.Transcript);
        Assert.Equal(cluster.Nodes[0].Http, second.Now.GetProperty("owner").GetProperty("http").GetString());
        Assert.Equal(1, other.FreeDevices());

        cluster.Nodes[0].Process.Send(Signal.Kill);
        await cluster.Nodes[0].Process.WaitAsync(TimeSpan.FromSeconds(10));
        await second.UntilAsync(() => second.State == "Completed", "the other cluster to finish it", cluster.Transcript);
        Assert.Equal(other.Http, second.Now.GetProperty("owner").GetProperty("http").GetString());
        Assert.All(second.Trials, trial => Assert.Equal(
            [1, 2, 3], trial.GetProperty("measurements").EnumerateArray().Select(measured => measured.GetProperty("epoch").GetInt32())));
    }
}
