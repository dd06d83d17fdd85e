using System.Text.Json;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Tests.Sweeps;

public sealed class SweepCommandsTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("otx-sweep-").FullName;
    private FakeCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await FakeCluster.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("show", "leaves")]
    [InlineData("watch", "leaves")]
    [InlineData("best", "leaves")]
    [InlineData("report", "leaves", "--to", "{folder}/report.html")]
    [InlineData("cancel", "leaves")]
    [InlineData("pause", "leaves")]
    [InlineData("add", "leaves", "--set", "training.optimizer.learningRate=1e-3")]
    [InlineData("resume", "leaves", "--detach")]
    [InlineData("run", "{recipe}", "--detach")]
    [InlineData("plan", "{recipe}")]
    public async Task Json_is_one_document_and_text_is_not_json(params string[] args)
    {
        _cluster.Sweeps.All.Add(MadeUpSweeps.Completed());
        _cluster.Sweeps.Preview = Preview;
        args = [.. args.Select(arg => arg.Replace("{folder}", _folder).Replace("{recipe}", Recipe()))];
        var (code, streams) = await RunAsync([.. args, "-o", "json"]);
        Assert.Equal(ExitCodes.Done, code);
        JsonDocument.Parse(streams.OutText).Dispose();

        (code, streams) = await RunAsync(args);
        Assert.Equal(ExitCodes.Done, code);
        Assert.NotEmpty(streams.OutText);
        Assert.ThrowsAny<JsonException>(() => JsonDocument.Parse(streams.OutText));
    }

    [Theory]
    [InlineData("show", "nothing")]
    [InlineData("watch", "nothing")]
    [InlineData("best", "nothing")]
    [InlineData("report", "nothing", "--to", "x.html")]
    [InlineData("cancel", "nothing")]
    [InlineData("pause", "nothing")]
    [InlineData("resume", "nothing")]
    [InlineData("add", "nothing", "--set", "a=b")]
    public async Task A_sweep_that_is_not_there_is_2_and_named(params string[] args)
    {
        _cluster.Sweeps.All.Add(MadeUpSweeps.Completed());
        var (code, streams) = await RunAsync(args);
        Assert.Equal(ExitCodes.WrongInput, code);
        Assert.Contains("'nothing'", streams.LastErrorLine);
        Assert.Empty(streams.OutText);
    }

    [Theory]
    [InlineData("show", "nothing")]
    [InlineData("best", "nothing")]
    [InlineData("watch", "nothing")]
    [InlineData("pause", "nothing")]
    [InlineData("add", "nothing", "--set", "a=b")]
    public async Task Stored_sweeps_are_looked_up_without_a_cluster(params string[] args)
    {
        var (code, streams) = await RunAlone([.. args, "--state", _folder]);
        Assert.Equal(ExitCodes.WrongInput, code);
        Assert.Equal("error: There is no sweep 'nothing'. 'otx sweep list' shows all.", streams.LastErrorLine);
    }

    [Theory]
    [InlineData(new[] { "sweep", "run", "nowhere.yaml" }, "nowhere.yaml")]
    [InlineData(new[] { "sweep", "resume", "x", "--trials", "0" }, "--trials 0")]
    [InlineData(new[] { "sweep", "resume", "x", "--hours", "-1" }, "--hours -1")]
    [InlineData(new[] { "sweep", "resume", "x", "--device-hours", "-2" }, "--device-hours -2")]
    [InlineData(new[] { "sweep", "resume", "x", "--detach", "--state", "y" }, "--cluster")]
    [InlineData(new[] { "sweep", "add", "x", "--set", "much" }, "path=value")]
    [InlineData(new[] { "sweep", "add", "x", "--set", "a=1", "--set", "a=2" }, "'a'")]
    [InlineData(new[] { "sweep", "add", "x" }, "--set")]
    [InlineData(new[] { "sweep", "report", "x" }, "--to")]
    [InlineData(new[] { "sweep", "bset", "x" }, "'best'")]
    public async Task Wrong_input_is_2_and_named(string[] args, string named)
    {
        var streams = new RecordedStreams();
        Assert.Equal(ExitCodes.WrongInput, await CliApplication.RunAsync(args, streams, TestContext.Current.CancellationToken));
        Assert.Contains(named, streams.ErrorText);
        Assert.Empty(streams.OutText);
    }

    [Fact]
    public async Task A_cluster_that_cannot_be_reached_is_3()
    {
        var (code, streams) = await RunAlone("list", "--cluster", "http://127.0.0.1:9");
        Assert.Equal(ExitCodes.Unreachable, code);
        Assert.Contains("http://127.0.0.1:9", streams.LastErrorLine);
    }

    [Fact]
    public async Task A_run_is_followed_line_by_line_to_its_end()
    {
        var running = MadeUpSweeps.Of([], SweepState.Running);
        _cluster.Sweeps.All.Add(running);
        _cluster.Sweeps.Looks.Enqueue(running with { Trials = [MadeUpSweeps.Trial(0), MadeUpSweeps.Trial(1, rate: 0.0123456)] });
        _cluster.Sweeps.Looks.Enqueue(MadeUpSweeps.Of(
            [MadeUpSweeps.Trial(0, "Stopped", 1, 0.4) with { Reason = "rung 1" }, MadeUpSweeps.Trial(1, "Completed", 9, 0.9, 0.0123456)],
            SweepState.Completed));

        var (code, streams) = await RunAsync(
            "run", Recipe(), "--set", "training.batchSize=16", "--set", "search.budget.trials=5", "-o", "json");
        Assert.Equal(ExitCodes.Done, code);
        Assert.Equal(Path.GetFullPath("x"), _cluster.Sweeps.Started!.Recipe.Data.Train);
        Assert.Equal(16, _cluster.Sweeps.Started.Recipe.Training.BatchSize);
        Assert.Equal(5, _cluster.Sweeps.Started.Search.Budget.Trials);
        string[] lines =
        [
            "leaves-sweep-3f9a",
            "trial 0 started: learningRate 0.001",
            "trial 1 started: learningRate 0.01235",
            "trial 0  epoch 1/9  accuracy 0.4000",
            "trial 0 stopped after epoch 1: rung 1",
            "trial 1  epoch 9/9  accuracy 0.9000",
            "trial 1 completed: accuracy 0.9000",
            "best: trial 1, accuracy 0.9000 (learningRate 0.01235), after 10 epochs of all trials",
            "leaves-sweep-3f9a is Completed",
        ];
        Assert.Equal(lines, streams.ErrorText.Split('\n').Take(lines.Length));
        Assert.Contains($"otx sweep best leaves-sweep-3f9a --cluster {_cluster.Url}", streams.ErrorText);
        Assert.Contains("otx sweep report leaves-sweep-3f9a --to", streams.ErrorText);

        using var document = JsonDocument.Parse(streams.OutText);
        var root = document.RootElement;
        Assert.Equal("leaves-sweep-3f9a", root.GetProperty("sweep").GetString());
        Assert.Equal("Completed", root.GetProperty("state").GetString());
        Assert.Equal(1, root.GetProperty("best").GetProperty("trial").GetInt32());
        Assert.Equal(0.9, root.GetProperty("best").GetProperty("value").GetDouble());
        Assert.Equal(1, root.GetProperty("states").GetProperty("Stopped").GetInt32());
    }

    [Theory]
    [InlineData("run")]
    [InlineData("plan")]
    public async Task Problems_of_a_recipe_are_listed_and_nothing_is_sent(string verb)
    {
        var (code, streams) = await RunAsync(verb, Recipe(), "--set", "search.sampler=tpee", "--set", "training.batchSize=-1");
        Assert.Equal(ExitCodes.WrongInput, code);
        Assert.Contains("search.sampler", streams.ErrorText);
        Assert.Contains("training.batchSize", streams.ErrorText);
        Assert.Empty(_cluster.Requests);
    }

    [Fact]
    public async Task A_recipe_that_the_cluster_refuses_is_2()
    {
        _cluster.Sweeps.Refusal = [new("search.budget.trials", "Found 0; a sweep has at least one trial.")];
        var (code, streams) = await RunAsync("run", Recipe());
        Assert.Equal(ExitCodes.WrongInput, code);
        Assert.Equal("error: search.budget.trials: Found 0; a sweep has at least one trial.", streams.LastErrorLine);
    }

    [Fact]
    public async Task A_failed_sweep_is_1_and_ends_with_the_root_cause()
    {
        var failed = MadeUpSweeps.Of([MadeUpSweeps.Trial(0, "Infeasible") with { Reason = "no such label" }], SweepState.Failed);
        _cluster.Sweeps.All.Add(failed with { Reason = "Three trials failed at step 0: no such label." });
        var (code, streams) = await RunAsync("watch", "leaves");
        Assert.Equal(ExitCodes.Failed, code);
        Assert.Contains("Infeasible: trial 0: no such label", streams.ErrorText);
        Assert.Equal("error: leaves-sweep-3f9a failed: Three trials failed at step 0: no such label.", streams.LastErrorLine);
    }

    [Theory]
    [InlineData("watch")]
    [InlineData("best")]
    public async Task A_sweep_without_any_value_is_1(string verb)
    {
        _cluster.Sweeps.All.Add(MadeUpSweeps.Of([MadeUpSweeps.Trial(0, "Failed") with { Reason = "the node was lost" }], SweepState.Completed));
        var (code, streams) = await RunAsync(verb, "leaves");
        Assert.Equal(ExitCodes.Failed, code);
        Assert.Contains("no trial", streams.LastErrorLine);
    }

    [Theory]
    [InlineData(SweepState.Paused, ExitCodes.Interrupted)]
    [InlineData(SweepState.Cancelled, ExitCodes.Failed)]
    public async Task Following_a_sweep_that_its_user_stopped_says_how_to_go_on(SweepState state, int expected)
    {
        _cluster.Sweeps.All.Add(MadeUpSweeps.Of([MadeUpSweeps.Trial(0, "Completed", 9, 0.9)], state));
        var (code, streams) = await RunAsync("watch", "leaves");
        Assert.Equal(expected, code);
        Assert.Contains($"otx sweep resume leaves-sweep-3f9a --cluster {_cluster.Url}", streams.ErrorText);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("watch")]
    [InlineData("resume")]
    public async Task Ctrl_C_detaches_from_a_remote_sweep_and_says_how_to_come_back(string verb)
    {
        using var interrupt = new CancellationTokenSource();
        _cluster.Sweeps.All.Add(MadeUpSweeps.Of([MadeUpSweeps.Trial(0)], SweepState.Running));
        _cluster.Sweeps.OnLook = look =>
        {
            if (look == 2) interrupt.Cancel();
        };
        var streams = new RecordedStreams();
        string[] args = ["sweep", verb, verb == "run" ? Recipe() : "leaves", "--cluster", _cluster.Url];
        Assert.Equal(ExitCodes.Interrupted, await CliApplication.RunAsync(args, streams, interrupt.Token));
        Assert.Equal(
            $"Detached; leaves-sweep-3f9a goes on. To come back: otx sweep watch leaves-sweep-3f9a --cluster {_cluster.Url}", streams.LastErrorLine);
        Assert.DoesNotContain(_cluster.Requests, request => request.EndsWith("/pause", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_lost_connection_is_tried_again()
    {
        _cluster.Sweeps.All.Add(MadeUpSweeps.Of([MadeUpSweeps.Trial(0, "Completed", 9, 0.9)], SweepState.Running));
        _cluster.Sweeps.BreaksAt = look => look is 3 or 4;
        _cluster.Sweeps.OnLook = look =>
        {
            if (look == 2) _cluster.Sweeps.Looks.Enqueue(_cluster.Sweeps.All[0] with { State = SweepState.Completed });
        };
        var (code, streams) = await RunAsync("watch", "leaves");
        Assert.Equal(ExitCodes.Done, code);
        Assert.Single(streams.ErrorText.Split('\n'), line => line.Contains("connection to the cluster was lost", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Resuming_changes_what_was_said_of_the_budget_and_nothing_else()
    {
        var sweep = MadeUpSweeps.Completed();
        _cluster.Sweeps.All.Add(sweep with { Search = sweep.Search with { Budget = new() { Trials = 24, Hours = 2, DeviceHours = 3 } } });
        await RunAsync("resume", "leaves", "--trials", "48", "--device-hours", "0", "--detach");
        Assert.Equal(new SweepBudgetRecipe { Trials = 48, Hours = 2, DeviceHours = 0 }, _cluster.Sweeps.Resumed!.Budget);

        await RunAsync("resume", "leaves", "--detach");
        Assert.Null(_cluster.Sweeps.Resumed!.Budget);
    }

    [Fact]
    public async Task Resuming_tells_only_what_is_new()
    {
        var before = MadeUpSweeps.Of([MadeUpSweeps.Trial(0, "Completed", 9, 0.9)], SweepState.Completed);
        _cluster.Sweeps.All.Add(before);
        _cluster.Sweeps.Looks.Enqueue(before);
        _cluster.Sweeps.Looks.Enqueue(before with { Trials = [before.Trials[0], MadeUpSweeps.Trial(1)], State = SweepState.Running });
        _cluster.Sweeps.Looks.Enqueue(before with { Trials = [before.Trials[0], MadeUpSweeps.Trial(1, "Stopped", 1, 0.5)] });
        var (code, streams) = await RunAsync("resume", "leaves", "--trials", "2", "-o", "json");
        Assert.Equal(ExitCodes.Done, code);
        Assert.DoesNotContain("trial 0", streams.ErrorText);
        Assert.DoesNotContain("best:", streams.ErrorText);
        Assert.Contains("trial 1 stopped after epoch 1", streams.ErrorText);
    }

    [Fact]
    public async Task A_trial_is_added_by_hand()
    {
        _cluster.Sweeps.All.Add(MadeUpSweeps.Of([], SweepState.Running));
        var (code, streams) = await RunAsync("add", "leaves", "--set", "training.optimizer.learningRate = 1e-3", "--set", "data.train=a=b");
        Assert.Equal(ExitCodes.Done, code);
        Assert.Equal(
            new Dictionary<string, string> { [MadeUpSweeps.LearningRate] = "1e-3", ["data.train"] = "a=b" }, _cluster.Sweeps.Added!.ToDictionary());
        Assert.Contains("wait to be started: 1", streams.OutText);
    }

    [Fact]
    public async Task An_id_is_given_by_a_prefix_that_is_unique()
    {
        _cluster.Sweeps.All.Add(MadeUpSweeps.Of([], SweepState.Running, "leaves-sweep-1"));
        _cluster.Sweeps.All.Add(MadeUpSweeps.Of([], SweepState.Running, "leaves-sweep-2"));
        var (code, streams) = await RunAsync("pause", "leaves-sweep");
        Assert.Equal(ExitCodes.WrongInput, code);
        Assert.Contains("several", streams.LastErrorLine);

        (code, streams) = await RunAsync("pause", "leaves-sweep-2");
        Assert.Equal(ExitCodes.Done, code);
        Assert.Contains("leaves-sweep-2 is Paused", streams.OutText);
        Assert.Equal(SweepState.Running, _cluster.Sweeps.All[0].State);
    }

    [Fact]
    public async Task A_list_has_a_line_per_sweep()
    {
        _cluster.Sweeps.All.Add(MadeUpSweeps.Completed());
        _cluster.Sweeps.All.Add(MadeUpSweeps.Of([], SweepState.Failed, "texts-sweep-1") with { Reason = "its data are gone" });
        var (_, streams) = await RunAsync("list");
        var lines = streams.OutText.TrimEnd().Split('\n');
        Assert.StartsWith("ID", lines[0]);
        Assert.Matches(@"^leaves-sweep-3f9a +Completed +24/24 +\d+ +accuracy 0\.\d{4}", lines[1]);
        Assert.Matches("^texts-sweep-1 +Failed +0/24 +0 +- .* its data are gone$", lines[2]);
    }

    [Fact]
    public async Task A_plan_says_what_it_would_take()
    {
        _cluster.Sweeps.Preview = Preview;
        var (_, streams) = await RunAsync("plan", Recipe());
        Assert.Contains("24, of 9 epochs", streams.OutText);
        Assert.Contains("61.33 expected; 216 if every trial ran to its end", streams.OutText);
        Assert.Contains("2 trials at a time, 1 device each", streams.OutText);
        Assert.Contains("12.5 s per epoch, measured on leaves-77aa", streams.OutText);
        Assert.Matches(@"device time +13 min expected", streams.OutText);
        Assert.Matches(@"\n *3 +8", streams.OutText);
    }

    [Fact]
    public async Task A_plan_without_a_measured_speed_says_so()
    {
        _cluster.Sweeps.Preview = Preview with { SecondsPerEpoch = null, MeasuredOn = null };
        var (_, streams) = await RunAsync("plan", Recipe());
        Assert.Contains("not known: nothing like it was trained", streams.OutText);
        Assert.Matches(@"device time +-", streams.OutText);
    }

    [Fact]
    public async Task The_best_recipe_can_be_trained_and_says_that_it_is_one_run()
    {
        var sweep = MadeUpSweeps.Completed();
        _cluster.Sweeps.All.Add(sweep);
        var (_, streams) = await RunAsync("best", "leaves");
        Assert.Contains("one run", streams.OutText);
        Assert.Matches("# share of the variance of accuracy that each parameter explains alone, after epoch 9 of \\d+ trials:", streams.OutText);
        Assert.Matches(@"#   learningRate +0\.\d\d", streams.OutText);

        var recipe = RecipeReader.Parse(streams.OutText, "best.yaml", []);
        var best = sweep.Trials[sweep.Best!.Value];
        Assert.Equal(best.Parameters["model.backbone"], recipe.Model.Backbone);
        Assert.Equal(best.Parameters[MadeUpSweeps.LearningRate], recipe.Training.Optimizer.LearningRate.ToString("R"));
    }

    [Fact]
    public async Task The_best_metric_has_its_spread_over_seeds()
    {
        SweepTrial Seeded(int number, string state, double value, int seed, double rate = 0.001) => MadeUpSweeps.Trial(number, state, 9, value, rate) with
        {
            Parameters = new Dictionary<string, string>
            {
                [MadeUpSweeps.LearningRate] = rate.ToString("R"),
                ["training.seed"] = $"{seed}",
            },
        };
        var sweep = MadeUpSweeps.Of(
            [
                Seeded(0, "Completed", 0.90, 1), Seeded(1, "Completed", 0.94, 2), Seeded(2, "Completed", 0.92, 3),
                Seeded(3, "Stopped", 0.10, 4), Seeded(4, "Completed", 0.50, 5, rate: 0.1),
                Seeded(5, "Completed", 0.94, 2) with { SameAs = 1 },
            ],
            SweepState.Completed);
        _cluster.Sweeps.All.Add(sweep with
        {
            Search = sweep.Search with
            {
                Space = [new(MadeUpSweeps.LearningRate, "log") { Low = 1e-5, High = 1 }, new("training.seed", "int") { Low = 1, High = 9 }],
            },
        });
        var (_, streams) = await RunAsync("best", "leaves");
        Assert.Contains("accuracy 0.9400 after 9 epochs, 0.9200 ± 0.0200 over 3 seeds (0.9000 to 0.9400)", streams.OutText);

        (_, streams) = await RunAsync("best", "leaves", "-o", "json");
        using var document = JsonDocument.Parse(streams.OutText);
        Assert.Equal(3, document.RootElement.GetProperty("seeds").GetProperty("runs").GetInt32());
        Assert.Equal(1, document.RootElement.GetProperty("trial").GetInt32());
        var importances = document.RootElement.GetProperty("importances");
        Assert.Equal(9, importances.GetProperty("epoch").GetInt32());
        Assert.Equal(5, importances.GetProperty("trials").GetInt32());
        Assert.Equal(2, importances.GetProperty("shares").GetArrayLength());
    }

    [Fact]
    public async Task A_report_is_written_where_it_is_asked_for()
    {
        _cluster.Sweeps.All.Add(MadeUpSweeps.Completed());
        var path = Path.Combine(_folder, "new", "report.html");
        var (code, streams) = await RunAsync("report", "leaves", "--to", path, "-o", "json");
        Assert.Equal(ExitCodes.Done, code);
        using var document = JsonDocument.Parse(streams.OutText);
        Assert.Equal(path, document.RootElement.GetProperty("report").GetString());
        Assert.Contains("leaves-sweep-3f9a", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));

        (code, streams) = await RunAsync("report", "leaves", "--to", _folder);
        Assert.Equal(ExitCodes.WrongInput, code);
        Assert.Contains(_folder, streams.LastErrorLine);
    }

    [Fact]
    public async Task A_terminal_shows_each_new_best()
    {
        _cluster.Sweeps.All.Add(MadeUpSweeps.Of([MadeUpSweeps.Trial(0)], SweepState.Running));
        _cluster.Sweeps.OnLook = look =>
        {
            if (look == 2) _cluster.Sweeps.Looks.Enqueue(MadeUpSweeps.Of([MadeUpSweeps.Trial(0, "Completed", 9, 0.9)], SweepState.Completed));
        };
        var streams = new RecordedStreams { ErrorIsTerminal = true };
        string[] args = ["sweep", "watch", "leaves", "--cluster", _cluster.Url];
        Assert.Equal(ExitCodes.Done, await CliApplication.RunAsync(args, streams, TestContext.Current.CancellationToken));
        Assert.Contains("best: trial 0, accuracy 0.9000", streams.ErrorText);
    }

    private static SweepPreview Preview { get; } = new(
        24, 9, 216, 61.333, [new(0, 1, 24), new(0, 3, 8), new(0, 9, 2.667)], 2, 1, 12.5, "leaves-77aa", "by chance");

    private string Recipe()
    {
        var path = Path.Combine(_folder, "recipe.yaml");
        File.WriteAllText(path, MadeUpSweeps.RecipeText);
        return path;
    }

    private Task<(int Code, RecordedStreams Streams)> RunAsync(params string[] args) => RunAlone([.. args, "--cluster", _cluster.Url]);

    private static async Task<(int Code, RecordedStreams Streams)> RunAlone(params string[] args)
    {
        var streams = new RecordedStreams();
        return (await CliApplication.RunAsync(["sweep", .. args], streams, TestContext.Current.CancellationToken), streams);
    }
}
