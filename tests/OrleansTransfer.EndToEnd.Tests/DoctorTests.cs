using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using OrleansTransfer.Servers;

namespace OrleansTransfer.EndToEnd.Tests;

public sealed class DoctorTests
{
    [Fact]
    public async Task In_good_surroundings_every_check_is_well()
    {
        await using var redis = await RedisServer.StartAsync("open-sesame", keeps: true);
        using var state = new StateFolder();

        var seen = await ExamineAsync(0, Redis($"{redis.Address},password=open-sesame"), "--state", state.Path, "--devices", "cpu:1");

        Assert.True(seen.Document.GetProperty("healthy").GetBoolean());
        foreach (var name in (string[])["state", "redis", "clock", "ports", "libtorch", "devices", "memory", "disk", "files"])
            Assert.NotEqual("Failed", seen.One(name).GetProperty("state").GetString());
        Assert.Contains("conditions hold", seen.Found("state"), StringComparison.Ordinal);
        Assert.Contains("version ", seen.Found("redis"), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(state.Path, "doctor-*", SearchOption.AllDirectories));
        Assert.DoesNotContain("sesame", seen.Result.Out + seen.Result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_of_Azure_is_written_read_and_asked_for_its_clock()
    {
        Assert.SkipWhen(AzuriteServer.Missing is not null, AzuriteServer.Missing ?? "");
        await using var azurite = await AzuriteServer.StartAsync();
        var variables = new Dictionary<string, string> { ["OTX_BLOB_CONNECTION"] = azurite.ConnectionString };

        var seen = await ExamineAsync(0, variables, "--state", "azure:container=doctor", "--devices", "none");

        Assert.Contains("conditions hold", seen.Found("state"), StringComparison.Ordinal);
        Assert.Contains("agrees with the container's", seen.Found("clock"), StringComparison.Ordinal);
        Assert.DoesNotContain(AzuriteServer.AccountKey, seen.Result.Out + seen.Result.Error, StringComparison.Ordinal);

        variables["OTX_BLOB_CONNECTION"] = azurite.ConnectionString.Replace("Eby8", "AAAA", StringComparison.Ordinal);
        var refused = await ExamineAsync(1, variables, "--state", "azure:container=doctor", "--devices", "none");
        Assert.Contains("answered 403", refused.Found("state"), StringComparison.Ordinal);
        Assert.Contains("OTX_BLOB_CONNECTION", refused.Fix("state"), StringComparison.Ordinal);

        await azurite.StopAsync();
        var away = await ExamineAsync(1, variables, "--state", "azure:container=doctor", "--devices", "none");
        Assert.NotEqual("", away.Fix("state"));
    }

    [Fact]
    public async Task Everything_that_is_broken_is_told_at_once_and_each_with_what_to_do()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var offset = ((IPEndPoint)taken.LocalEndpoint).Port - 11111;
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.Combine("file"), "in the way", TestContext.Current.CancellationToken);
        var nobody = $"127.0.0.1:{8080 + TestNode.FreeOffset()}";

        var seen = await ExamineAsync(
            1, Redis($"{nobody},password=open-sesame"), "--state", folder.Combine("file", "state"), "--devices", "cuda:7", "--port-offset", $"{offset}",
            "--cluster", $"http://{nobody}");

        Assert.False(seen.Document.GetProperty("healthy").GetBoolean());
        foreach (var (name, found, fix) in ((string, string, string)[])[
            ("state", "", "--state"), ("redis", nobody, "redis-server"), ("ports", $"Port {11111 + offset}", "--port-offset"),
            ("devices", "no CUDA device", "--devices"), ("cluster", nobody, "--cluster")])
        {
            Assert.Equal("Failed", seen.One(name).GetProperty("state").GetString());
            Assert.Contains(found, seen.Found(name), StringComparison.Ordinal);
            Assert.Contains(fix, seen.Fix(name), StringComparison.Ordinal);
        }

        Assert.DoesNotContain("sesame", seen.Result.Out + seen.Result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_cluster_is_counted_and_its_ports_are_not_in_the_way()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 1);
        var node = cluster.Nodes[0];
        var offset = new Uri(node.Http).Port - 8080;

        var seen = await ExamineAsync(
            0, null, "--state", state.Path, "--devices", "cpu:1", "--port-offset", $"{offset}", "--cluster", node.Http, "--join", node.Silo);

        Assert.Contains("1 nodes, 1 devices", seen.Found("cluster"), StringComparison.Ordinal);
        Assert.Contains(node.Silo, seen.Found("join"), StringComparison.Ordinal);
        Assert.Equal("Warning", seen.One("ports").GetProperty("state").GetString());
    }

    private static Dictionary<string, string> Redis(string address) => new() { ["OTX_REDIS"] = address };

    private static async Task<Seen> ExamineAsync(int exitCode, IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        string[] ports = arguments.Contains("--port-offset") ? [] : ["--port-offset", $"{TestNode.FreeOffset()}"];
        var result = (await OtxProcess.RunAsync(environment, ["doctor", "-o", "json", .. ports, .. arguments])).Expect(exitCode);
        return new(result, result.Json);
    }

    private sealed record Seen(OtxResult Result, JsonElement Document)
    {
        public JsonElement One(string name) =>
            Document.GetProperty("checks").EnumerateArray().First(check => check.GetProperty("name").GetString() == name);

        public string Found(string name) => One(name).GetProperty("found").GetString()!;

        public string Fix(string name) => One(name).GetProperty("fix").GetString() ?? "";
    }
}
