using OrleansTransfer.Cli.Api;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Cli.Tests.Api;

public sealed class HttpClusterApiTests : IAsyncLifetime
{
    private FakeCluster _cluster = null!;
    private HttpClusterApi _api = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _cluster = await FakeCluster.StartAsync();
        _api = new(_cluster.Address);
    }

    public async ValueTask DisposeAsync()
    {
        _api.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Experiments_are_listed_found_submitted_resumed_and_cancelled()
    {
        _cluster.Complete();
        Assert.Equal("leaves-3f9a", Assert.Single(await _api.ListAsync(Token)).Id);
        var found = await _api.FindAsync("leaves", Token);
        Assert.Equal(ExperimentState.Completed, found.State);
        Assert.True(double.IsNaN(found.Metrics["trainingLoss"]));

        var recipe = new Recipe { Name = "x", Data = new() { Train = "/leaves", Labels = ["a", "b"] } };
        Assert.Equal("leaves-3f9a", (await _api.SubmitAsync(recipe, Token)).Id);
        Assert.Equal(RecipeWriter.ToYaml(recipe), RecipeWriter.ToYaml(_cluster.Submitted!));
        Assert.Equal("leaves-3f9a", (await _api.ResumeAsync("leaves", 5, Token)).Id);
        Assert.Equal(ExperimentState.Cancelled, (await _api.CancelAsync("leaves", Token)).State);
        Assert.Equal("cpu:0", (await _api.GetStatusAsync(Token)).Nodes[0].Devices[0].Name);
    }

    [Fact]
    public async Task Every_problem_of_a_refused_recipe_arrives()
    {
        _cluster.Refusal = [new("data.train", "There is no folder."), new("model.weights", "There is no file.")];
        var refused = await Assert.ThrowsAsync<RecipeException>(() => _api.SubmitAsync(new Recipe(), Token));
        Assert.Equal(_cluster.Refusal, refused.Problems);
    }

    [Fact]
    public async Task An_unknown_experiment_is_wrong_input()
    {
        var unknown = await Assert.ThrowsAsync<CliException>(() => _api.FindAsync("roses", Token));
        Assert.Equal((ExitCodes.WrongInput, "There is no experiment 'roses'."), (unknown.ExitCode, unknown.Message));
    }

    [Fact]
    public async Task A_server_that_is_no_node_is_named()
    {
        using var api = new HttpClusterApi(new Uri(_cluster.Address, "/elsewhere"));
        var error = await Assert.ThrowsAsync<CliException>(() => api.ListAsync(Token));
        Assert.Equal(ExitCodes.Unreachable, error.ExitCode);
        Assert.Contains("/elsewhere", error.Message);
    }

    [Fact]
    public async Task An_address_where_nobody_listens_is_unreachable()
    {
        var address = _cluster.Address;
        await _cluster.DisposeAsync();
        var error = await Assert.ThrowsAsync<ClusterUnreachableException>(() => _api.ListAsync(Token));
        Assert.Contains(address.ToString().TrimEnd('/'), error.Message);
    }

    [Fact]
    public async Task A_lost_connection_is_taken_up_after_the_last_event()
    {
        for (var step = 1; step <= 6; step++) _cluster.Add("step", step);
        _cluster.BreaksAt = (stream, item) => stream <= 2 && item == 3;
        _cluster.OnAllRead = _cluster.Complete;

        var lost = 0;
        var seen = new List<long>();
        await foreach (var item in new EventFollower(_api, TimeProvider.System, _ => lost++).FollowAsync("leaves-3f9a", 1, Token))
            seen.Add(item.Sequence);
        Assert.Equal([1, 2, 3, 4, 5, 6], seen);

        // A reset connection may take the events before it along; then two losses look like one.
        Assert.InRange(lost, 1, 2);
    }

    [Fact]
    public async Task A_stream_that_ends_before_the_experiment_is_taken_up_again()
    {
        _cluster.Add("step", 1);
        var reads = 0;
        _cluster.OnAllRead = () =>
        {
            if (++reads == 2) _cluster.Complete();
        };
        var follower = new EventFollower(new EndingStreams(_api), TimeProvider.System, _ => { });
        var seen = new List<long>();
        await foreach (var item in follower.FollowAsync("leaves-3f9a", 1, Token)) seen.Add(item.Sequence);
        Assert.Equal([1], seen);
        Assert.Equal(2, reads);
    }

    [Fact]
    public async Task A_connection_that_does_not_come_back_ends_in_an_error()
    {
        _cluster.Add("step", 1);
        _cluster.BreaksAt = (_, _) => true;
        var time = new HurriedTime();
        var error = await Assert.ThrowsAsync<ClusterUnreachableException>(async () =>
        {
            await foreach (var _ in new EventFollower(_api, time, _ => { }).FollowAsync("leaves-3f9a", 1, Token)) { }
        });
        Assert.Equal(ExitCodes.Unreachable, error.ExitCode);
    }

    [Fact]
    public async Task A_bundle_is_copied_whole_and_nothing_is_replaced_unasked()
    {
        _cluster.Complete();
        _cluster.Bundle["bundle.json"] = [1, 2, 3];
        _cluster.Bundle["model.safetensors"] = new byte[100_000];
        var folder = Directory.CreateTempSubdirectory("otx-bundle-").FullName;
        try
        {
            await BundleDownload.RunAsync(_api, _cluster.Experiment, folder, overwrite: false, Token);
            Assert.Equal(["bundle.json", "model.safetensors"], Directory.GetFiles(folder).Select(path => Path.GetFileName(path)).Order());
            Assert.Equal(100_000, new FileInfo(Path.Combine(folder, "model.safetensors")).Length);

            var refused = await Assert.ThrowsAsync<CliException>(
                () => BundleDownload.RunAsync(_api, _cluster.Experiment, folder, overwrite: false, Token));
            Assert.Contains("--force", refused.Message);
            await BundleDownload.RunAsync(_api, _cluster.Experiment, folder, overwrite: true, Token);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_file_name_cannot_lead_out_of_the_folder()
    {
        _cluster.Complete();
        _cluster.Bundle["../escaped"] = [1];
        await Assert.ThrowsAsync<CliException>(() => BundleDownload.RunAsync(_api, _cluster.Experiment, Path.GetTempPath(), overwrite: true, Token));
    }
}
