using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>Nodes, each a process of its own, on free ports of this machine and over one state folder.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly List<TestNode> _nodes = [];
    private readonly string _state;
    private readonly IReadOnlyDictionary<string, string>? _environment;
    private readonly RedisServer? _redis;

    private readonly bool _joins;

    private TestCluster(string state, IReadOnlyDictionary<string, string>? environment, RedisServer? redis, bool joins) =>
        (_state, _environment, _redis, _joins) = (state, environment, redis, joins);

    /// <summary>All that ever started, in this order, whether they live or not.</summary>
    public IReadOnlyList<TestNode> Nodes => _nodes;

    /// <summary>Starts nodes n1, n2, ... one after the other, and returns when all are ready.</summary>
    /// <param name="state">Folder of the cluster's state.</param>
    /// <param name="nodes">How many.</param>
    /// <param name="environment">Variables of every node.</param>
    /// <param name="redis">Keeps the membership, so that any node may be lost; without it the first node keeps it.</param>
    /// <param name="joins">Whether nodes are told where the others are; otherwise the environment says it.</param>
    public static async Task<TestCluster> StartAsync(
        string state, int nodes, IReadOnlyDictionary<string, string>? environment = null, RedisServer? redis = null, bool joins = true)
    {
        var cluster = new TestCluster(state, environment, redis, joins);
        try
        {
            for (var number = 1; number <= nodes; number++) await cluster.AddNodeAsync($"n{number}");

            // Each node tells the scheduler what it offers within a second of being ready.
            await Until.TrueAsync(() => cluster.Nodes[0].OfferedNodes() == nodes, $"{nodes} nodes in the cluster", () => cluster.Transcript);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts one more node, or one that was lost again under its name, and returns when it is ready. Its ports are new ones.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="program">Path of another release's <c>otx</c>; null for the one that is tested.</param>
    public async Task<TestNode> AddNodeAsync(string name, string? program = null)
    {
        var node = await TestNode.StartAsync(name, Arguments, _environment, program);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Starts a node that joins none of the others: a new cluster over the same state, when all are lost.</summary>
    public async Task<TestNode> AddAloneAsync(IEnumerable<string> arguments, string name, IReadOnlyDictionary<string, string>? environment)
    {
        var node = await TestNode.StartAsync(name, arguments, environment);
        _nodes.Add(node);
        return node;
    }

    /// <summary>What a node is started with to be in this cluster, besides its name and its ports.</summary>
    public IReadOnlyList<string> Arguments =>
    [
        "--devices", "cpu:1", "--state", _state,
        .. _redis is not null ? (string[])["--redis", _redis.Address] : _joins && _nodes.Count > 0 ? ["--join", _nodes[0].Silo] : [],
    ];

    public string Transcript => string.Join("\n", _nodes.Select(node => $"{node.Name}: {node.Process.Transcript}"));

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
    }
}

/// <summary>One node of a <see cref="TestCluster"/>.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<int, bool> s_given = [];

    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(10) };

    private TestNode(string name, OtxProcess process, JsonElement ready)
    {
        (Name, Process) = (name, process);
        (Silo, Clients, Http) =
            (ready.GetProperty("silo").GetString() ?? "", ready.GetProperty("gateway").GetString(), ready.GetProperty("http").GetString()!);
    }

    public string Name { get; }

    public OtxProcess Process { get; }

    public string Silo { get; }

    /// <summary>Where it takes Orleans clients; null for a gateway.</summary>
    public string? Clients { get; }

    public string Http { get; }

    /// <summary>Starts it and returns when it is ready.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="arguments">Further options.</param>
    /// <param name="environment">Variables besides those of all tests.</param>
    /// <param name="program">Path of another release's <c>otx</c>; null for the one that is tested.</param>
    /// <param name="offset">Of its ports; null for one whose ports are free.</param>
    public static async Task<TestNode> StartAsync(
        string name,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null,
        string? program = null,
        int? offset = null)
    {
        var process = OtxProcess.Start(
            ["node", "--name", name, "--port-offset", $"{offset ?? FreeOffset()}", .. arguments], environment, program);
        try
        {
            var ready = JsonDocument.Parse(await process.WaitForLineAsync(line => line.StartsWith('{'))).RootElement;
            Assert.Equal("ready", ready.GetProperty("event").GetString());
            return new(name, process, ready);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>An offset whose three ports nobody uses, nor a test that runs beside this one has been given.</summary>
    public static int FreeOffset()
    {
        while (true)
        {
            var offset = Random.Shared.Next(1000, 20000);
            if (new[] { 11111, 30000, 8080 }.All(port => IsFree(port + offset)) && s_given.TryAdd(offset, true)) return offset;
        }
    }

    public Task<string> GetAsync(string path) => s_http.GetStringAsync($"{Http}{path}", TestContext.Current.CancellationToken);

    public async Task<HttpStatusCode> StatusOfAsync(string path)
    {
        using var response = await s_http.GetAsync($"{Http}{path}", TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    public int OfferedNodes() => SeenNodes().Count;

    /// <summary>Devices of the cluster that train nothing.</summary>
    public int FreeDevices() => JsonDocument.Parse(GetAsync("/api/v1/cluster").GetAwaiter().GetResult()).RootElement.GetProperty("nodes").EnumerateArray()
        .SelectMany(node => node.GetProperty("devices").EnumerateArray())
        .Count(device => device.GetProperty("experiment").ValueKind == JsonValueKind.Null);

    /// <summary>Names of the nodes in the cluster as this one sees it, in order; none while it cannot answer, as after a loss.</summary>
    public IReadOnlyList<string> SeenNodes()
    {
        try
        {
            var status = JsonDocument.Parse(GetAsync("/api/v1/cluster").GetAwaiter().GetResult()).RootElement;
            return [.. status.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("name").GetString()!)];
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return [];
        }
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    private static bool IsFree(int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
