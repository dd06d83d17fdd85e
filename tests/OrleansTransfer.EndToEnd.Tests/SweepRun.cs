using System.Net.Http.Json;
using System.Text.Json;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>A sweep on a <see cref="TestCluster"/>, started and looked at through the API of whichever node answers.</summary>
internal sealed class SweepRun
{
    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(20) };

    private readonly Func<TestNode> _node;

    private SweepRun(Func<TestNode> node, string id) => (_node, Id) = (node, id);

    public string Id { get; }

    public JsonElement Now => JsonDocument.Parse(_node().GetAsync($"/api/v1/sweeps/{Id}").GetAwaiter().GetResult()).RootElement;

    public string State => Now.GetProperty("state").GetString()!;

    public IReadOnlyList<JsonElement> Trials => [.. Now.GetProperty("trials").EnumerateArray()];

    /// <summary>Starts a sweep over learning rates of a small network on the drawn leaves.</summary>
    /// <param name="node">A node that lives, whenever it is asked for.</param>
    /// <param name="stopping">The stopping rule, as <c>{ type, options }</c>.</param>
    /// <param name="space">What is varied.</param>
    /// <param name="budget">Instead of the number of trials alone.</param>
    /// <param name="train">Instead of the drawn leaves.</param>
    /// <param name="method">Transfer method.</param>
    public static async Task<SweepRun> StartAsync(
        Func<TestNode> node, DrawnLeaves leaves, int trials, int epochs, object? stopping = null, object? space = null, object? budget = null,
        string? train = null, string method = "fine-tune")
    {
        var answer = await PostAsync(node, leaves, trials, epochs, stopping, space, budget, train, method);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return new(node, JsonDocument.Parse(text).RootElement.GetProperty("id").GetString()!);
    }

    /// <summary>Asks for such a sweep, whatever the answer is.</summary>
    public static Task<HttpResponseMessage> PostAsync(
        Func<TestNode> node, DrawnLeaves leaves, int trials, int epochs, object? stopping = null, object? space = null, object? budget = null,
        string? train = null, string method = "fine-tune", string metric = "loss") => s_http.PostAsJsonAsync($"{node().Http}/api/v1/sweeps", new
        {
            recipe = new
            {
                name = "search",
                model = new { backbone = "squeezenet1_1", weights = "none", inputSize = DrawnLeaves.Size },
                data = new { train = train ?? leaves.Train, validation = leaves.Test, augment = "none" },
                transfer = new { method },
                training = new { epochs, batchSize = 12 },
                resources = new { workers = 1 },
            },
            search = new
            {
                space = space ?? new object[] { new { path = "training.optimizer.learningRate", kind = "log", low = 1e-4, high = 1e-2 } },
                metric,
                sampler = new { type = "sobol" },
                stopping = stopping ?? new { type = "none" },
                budget = budget ?? new { trials },
            },
        });

    /// <summary>The same sweep as another node sees it.</summary>
    public SweepRun From(Func<TestNode> node) => new(node, Id);

    /// <summary>Sends an order to the sweep: pause, resume or cancel.</summary>
    public async Task<HttpResponseMessage> OrderAsync(string order, object? body = null) =>
        await s_http.PostAsJsonAsync($"{_node().Http}/api/v1/sweeps/{Id}/{order}", body ?? new { });

    public Task UntilAsync(Func<bool> reached, string what, string transcript = "") => Until.TrueAsync(
        () =>
        {
            try
            {
                return reached();
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
            {
                // The node that was asked is on its way out, or the sweep between two nodes.
                return false;
            }
        },
        what,
        () => $"{transcript}\n{Now}");
}
