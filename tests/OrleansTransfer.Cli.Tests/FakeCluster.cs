using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Scheduling;
using OrleansTransfer.Gateway;

namespace OrleansTransfer.Cli.Tests;

/// <summary>A server of the HTTP API with one experiment whose history a test writes.</summary>
internal sealed class FakeCluster : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeCluster(WebApplication app) => _app = app;

    public Uri Address { get; private set; } = null!;

    public string Url => Address.ToString().TrimEnd('/');

    public ExperimentSnapshot Experiment { get; set; } = new()
    {
        Id = "leaves-3f9a",
        State = ExperimentState.Running,
        Recipe = new() { Data = new() { Train = "/leaves" }, Training = new() { Epochs = 2 } },
        Labels = ["healthy", "diseased"],
        TotalSteps = 20,
    };

    /// <summary>The whole history.</summary>
    public List<ExperimentEvent> Events { get; } = [];

    public Dictionary<string, byte[]> Bundle { get; } = [];

    /// <summary>What a submission or resumption is refused for.</summary>
    public IReadOnlyList<RecipeProblem> Refusal { get; set; } = [];

    public List<string> Requests { get; } = [];

    /// <summary>Its sweeps.</summary>
    public FakeSweeps Sweeps { get; } = new();

    public Recipe? Submitted { get; private set; }

    /// <summary>Called with the number of the stream (from 1) and of the event within it; true breaks the connection there.</summary>
    public Func<int, int, bool> BreaksAt { get; set; } = (_, _) => false;

    /// <summary>What happens to the experiment once a follower has read all events.</summary>
    public Action OnAllRead { get; set; } = () => { };

    public static async Task<FakeCluster> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var cluster = new FakeCluster(app);
        cluster.Map(app);
        await app.StartAsync();
        cluster.Address = new Uri(app.Urls.Single());
        return cluster;
    }

    public void Add(string kind, long step = 0, int epoch = 0, string? message = null, Dictionary<string, double>? values = null) => Events.Add(new()
    {
        Sequence = Events.Count + 1,
        Time = DateTimeOffset.UnixEpoch,
        Kind = kind,
        Step = step,
        Epoch = epoch,
        Message = message,
        Values = values,
    });

    public void Complete() => Experiment = Experiment with
    {
        State = ExperimentState.Completed,
        Workers = ["n1/cpu:0", "n1/cpu:1"],
        Generation = 1,
        Step = 20,
        Epoch = 2,
        Metrics = new Dictionary<string, double> { ["accuracy"] = 0.97, ["loss"] = 0.11, ["macroF1"] = 0.96, ["trainingLoss"] = double.NaN },
        Seconds = 4.5,
        SamplesPerSecond = 140,
        Bundle = "/state/bundle",
    };

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private void Map(WebApplication app)
    {
        app.Use((context, next) =>
        {
            lock (Requests) Requests.Add($"{context.Request.Method} {context.Request.Path}");
            return next(context);
        });
        var api = app.MapGroup("/api/v1");
        api.MapGet("/experiments", () => Json(new[] { Experiment }));
        api.MapPost("/experiments", async (HttpRequest request) =>
        {
            Submitted = await JsonSerializer.DeserializeAsync<Recipe>(request.Body, ApiJson.Strict);
            return Refusal.Count > 0 ? Json(new ProblemList(Refusal), 400) : Json(Experiment, 201);
        });
        api.MapGet("/experiments/{id}", (string id) => Known(id, () => Json(Experiment)));
        api.MapPost("/experiments/{id}/cancel", (string id) =>
            Known(id, () => Json(Experiment = Experiment with { State = ExperimentState.Cancelled })));
        api.MapPost("/experiments/{id}/resume", (string id) =>
            Known(id, () => Refusal.Count > 0 ? Json(new ProblemList(Refusal), 400) : Json(Experiment)));
        api.MapGet("/experiments/{id}/bundle", (string id) => Known(id, () =>
            Json(new BundleListing([.. Bundle.Select(file => new BundleFile(file.Key, file.Value.Length))]))));
        api.MapGet("/experiments/{id}/bundle/{file}", (string file) => Results.Bytes(Bundle[file]));
        api.MapGet("/cluster", () => Json(new ClusterStatus([new NodeStatus("n1", "127.0.0.1:11111", Url, [new DeviceStatus("cpu:0", null)], "machine", "1", "")], [])));
        Sweeps.Map(api);
        var streams = 0;
        api.MapGet("/experiments/{id}/events", (string id, long from, bool follow, HttpContext context) =>
            StreamAsync(Interlocked.Increment(ref streams), from, follow, context));
    }

    private async Task StreamAsync(int stream, long from, bool follow, HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync(": keep-alive\n\n");
        await context.Response.Body.FlushAsync();
        foreach (var (index, item) in Events.Where(item => item.Sequence >= from).ToList().Index())
        {
            if (BreaksAt(stream, index + 1))
            {
                context.Abort();
                return;
            }
            await context.Response.WriteAsync($"id: {item.Sequence}\ndata: {JsonSerializer.Serialize(item, ApiJson.Options)}\n\n");
            await context.Response.Body.FlushAsync();
        }
        OnAllRead();
        while (follow && !Experiment.State.IsFinal()) await Task.Delay(20, context.RequestAborted);
    }

    private IResult Known(string id, Func<IResult> answer) => Experiment.Id.StartsWith(id, StringComparison.Ordinal)
        ? answer()
        : Json(new ErrorMessage($"There is no experiment '{id}'."), 404);

    private static IResult Json<T>(T value, int status = 200) => Results.Json(value, ApiJson.Options, statusCode: status);
}
