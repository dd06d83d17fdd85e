using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>Nodes, each a process of its own, on free ports of this machine and over one state folder.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly List<TestNode> _nodes = [];

    public IReadOnlyList<TestNode> Nodes => _nodes;

    /// <summary>Starts the first node, then the others, and returns when all are ready.</summary>
    public static async Task<TestCluster> StartAsync(string state, int nodes, IReadOnlyDictionary<string, string>? environment = null)
    {
        var cluster = new TestCluster();
        try
        {
            for (var number = 1; number <= nodes; number++)
            {
                string[] join = number == 1 ? [] : ["--join", cluster.Nodes[0].Silo];
                cluster._nodes.Add(await TestNode.StartAsync($"n{number}", ["--devices", "cpu:1", "--state", state, .. join], environment));
            }

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

    public string Transcript => string.Join("\n", _nodes.Select(node => $"{node.Name}: {node.Process.Transcript}"));

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
    }
}

/// <summary>One node of a <see cref="TestCluster"/>.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(10) };

    private TestNode(string name, OtxProcess process, JsonElement ready)
    {
        (Name, Process) = (name, process);
        (Silo, Http) = (ready.GetProperty("silo").GetString()!, ready.GetProperty("http").GetString()!);
    }

    public string Name { get; }

    public OtxProcess Process { get; }

    public string Silo { get; }

    public string Http { get; }

    public static async Task<TestNode> StartAsync(string name, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var process = OtxProcess.Start(["node", "--name", name, "--port-offset", $"{FreeOffset()}", .. arguments], environment);
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

    /// <summary>An offset whose three ports nobody uses.</summary>
    public static int FreeOffset()
    {
        while (true)
        {
            var offset = Random.Shared.Next(1000, 20000);
            if (new[] { 11111, 30000, 8080 }.All(port => IsFree(port + offset))) return offset;
        }
    }

    public Task<string> GetAsync(string path) => s_http.GetStringAsync($"{Http}{path}", TestContext.Current.CancellationToken);

    public async Task<HttpStatusCode> StatusOfAsync(string path)
    {
        using var response = await s_http.GetAsync($"{Http}{path}", TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    public int OfferedNodes()
    {
        var status = JsonDocument.Parse(GetAsync("/api/v1/cluster").GetAwaiter().GetResult()).RootElement;
        return status.GetProperty("nodes").GetArrayLength();
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
