using System.Net;
using System.Text;
using System.Text.Json;
using Orleans.Runtime;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Scheduling;

namespace OrleansTransfer.Gateway.Tests;

public sealed class ExperimentsApiTests : IAsyncLifetime
{
    private ApiServer _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await ApiServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_recipe_becomes_an_experiment()
    {
        var (status, body) = await PostAsync("experiments", """{"name":"leaves","data":{"train":"/leaves"},"training":{"epochs":3}}""");

        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Equal("leaves-3f9a", body.GetProperty("id").GetString());
        Assert.Equal("Queued", body.GetProperty("state").GetString());
        Assert.Equal(3, _server.Experiments.Experiments.Single().Recipe.Training.Epochs);
        Assert.Equal(new TrainingRecipe().BatchSize, _server.Experiments.Experiments.Single().Recipe.Training.BatchSize);
    }

    [Fact]
    public async Task Numbers_that_json_lacks_are_named()
    {
        _server.Experiments.Experiments.Add(new() { Id = "a", Metrics = new Dictionary<string, double> { ["loss"] = double.NaN } });

        var (_, body) = await GetAsync("experiments/a");

        Assert.Equal("NaN", body.GetProperty("metrics").GetProperty("loss").GetString());
        Assert.Equal(double.NaN, body.Deserialize<ExperimentSnapshot>(ApiJson.Options)!.Metrics["loss"]);
    }

    [Theory]
    [InlineData("""{"training":{"epoch":3}}""", "training.epoch", "no such key")]
    [InlineData("""{"training":{"epochs":"many"}}""", "training.epochs", "wrong type")]
    [InlineData("""{"training":{""", "", "not valid JSON")]
    [InlineData("", "", "not valid JSON")]
    [InlineData("null", "", "is null")]
    [InlineData("[1]", "", "wrong type")]
    public async Task A_body_that_is_no_recipe_is_a_problem_with_a_path(string json, string path, string message)
    {
        var (status, body) = await PostAsync("experiments", json);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        var problem = Assert.Single(body.Deserialize<ProblemList>(ApiJson.Options)!.Problems);
        Assert.StartsWith(path, problem.Path, StringComparison.Ordinal);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.Empty(_server.Experiments.Experiments);
    }

    [Fact]
    public async Task Every_problem_of_a_recipe_is_reported()
    {
        _server.Experiments.Fails = new RecipeException([new("data.train", "There is no folder '/x'."), new("training.epochs", "0 is too few.")]);

        var (status, body) = await PostAsync("experiments", "{}");

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(["data.train", "training.epochs"], body.Deserialize<ProblemList>(ApiJson.Options)!.Problems.Select(problem => problem.Path));
    }

    [Fact]
    public async Task An_unknown_id_is_not_found()
    {
        var (status, body) = await GetAsync("experiments/nope");

        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Equal("There is no experiment 'nope'.", body.GetProperty("message").GetString());
    }

    [Fact]
    public async Task Trouble_in_the_cluster_is_temporary_and_other_errors_show_no_stack()
    {
        foreach (var trouble in new Exception[] { new OrleansException("No silo."), new TimeoutException("30 s") })
        {
            _server.Experiments.Fails = trouble;
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync("experiments")).Status);
        }

        _server.Experiments.Fails = new InvalidOperationException("secret detail");
        var (status, body) = await GetAsync("experiments");
        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.DoesNotContain("secret", body.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancel_and_resume_answer_with_the_experiment()
    {
        _server.Experiments.Experiments.Add(new() { Id = "leaves-3f9a" });

        Assert.Equal("Cancelled", (await PostAsync("experiments/leaves/cancel", "")).Body.GetProperty("state").GetString());
        Assert.Equal("leaves-3f9a", (await PostAsync("experiments/leaves/resume", """{"epochs":7}""")).Body.GetProperty("id").GetString());
        Assert.Equal(7, _server.Experiments.ResumedWith);
        await PostAsync("experiments/leaves/resume", """{"epochs":null}""");
        Assert.Null(_server.Experiments.ResumedWith);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync("experiments/leaves/resume", "")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync("experiments/leaves/resume", """{"epochs":"x"}""")).Status);
    }

    [Fact]
    public async Task The_cluster_shows_its_nodes()
    {
        var (_, body) = await GetAsync("cluster");

        Assert.Equal("cpu:0", body.Deserialize<ClusterStatus>(ApiJson.Options)!.Nodes.Single().Devices.Single().Name);
    }

    [Fact]
    public async Task A_bundle_has_files_and_nothing_else()
    {
        _server.Experiments.Experiments.Add(new() { Id = "leaves-3f9a" });
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("experiments/leaves/bundle")).Status);
        _server.Container.Blobs["experiments/leaves-3f9a/bundle/bundle.json"] = "{}"u8.ToArray();
        _server.Container.Blobs["experiments/leaves-3f9a/bundle/model.safetensors"] = new byte[70_000];
        _server.Container.Blobs["experiments/leaves-3f9a/recipe.yaml"] = "secret"u8.ToArray();

        var files = (await GetAsync("experiments/leaves/bundle")).Body.Deserialize<BundleListing>(ApiJson.Options)!.Files;
        Assert.Equal([new("bundle.json", 2), new("model.safetensors", 70_000)], files);
        Assert.Equal(70_000, (await _server.Http.GetByteArrayAsync("experiments/leaves/bundle/model.safetensors", Token)).Length);
        foreach (var name in new[] { "..%2Frecipe.yaml", "%2e%2e/recipe.yaml", "bundle", "json", "x.json", "%5C..%5Crecipe.yaml" })
        {
            using var answer = await _server.Http.GetAsync($"experiments/leaves/bundle/{name}", Token);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> GetAsync(string path)
    {
        using var answer = await _server.Http.GetAsync(path, Token);
        return (answer.StatusCode, JsonElement.Parse(await answer.Content.ReadAsStringAsync(Token)));
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await _server.Http.PostAsync(path, content, Token);
        return (answer.StatusCode, JsonElement.Parse(await answer.Content.ReadAsStringAsync(Token)));
    }
}
