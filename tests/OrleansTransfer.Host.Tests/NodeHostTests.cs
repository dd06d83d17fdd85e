using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using OrleansTransfer.Host.Membership;

namespace OrleansTransfer.Host.Tests;

[Collection(Nodes.Name)]
public sealed class NodeHostTests : IDisposable
{
    private readonly StateFolder _state = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _state.Dispose();

    [Fact]
    public async Task A_node_says_who_it_is_when_it_is_ready_and_frees_its_ports_when_it_stops()
    {
        using var http = new HttpClient();
        string silo;
        await using (var node = await NodeHost.StartAsync(_state.Options with { Name = "n1" }, Token))
        {
            silo = node.Silo;
            var line = JsonElement.Parse(node.ReadyLine);
            Assert.Equal(["event", "node", "silo", "gateway", "http", "devices", "role"], line.EnumerateObject().Select(member => member.Name));
            Assert.Equal("ready", line.GetProperty("event").GetString());
            Assert.Equal("n1", line.GetProperty("node").GetString());
            Assert.Equal(node.Http, line.GetProperty("http").GetString());
            Assert.Equal(["cpu:0", "cpu:1"], line.GetProperty("devices").EnumerateArray().Select(device => device.GetString()));
            Assert.DoesNotContain('\n', node.ReadyLine);
            Assert.Equal("ready", await http.GetStringAsync(node.Http + "/health/ready", Token));
            Assert.Equal("live", await http.GetStringAsync(node.Http + "/health/live", Token));
            Assert.Contains("cpu:1", await http.GetStringAsync(node.Http + "/api/v1/cluster", Token), StringComparison.Ordinal);

            using var stop = new CancellationTokenSource();
            var stopped = node.WaitForShutdownAsync(stop.Token);
            Assert.False(stopped.IsCompleted);
            await stop.CancelAsync();
            await stopped.WaitAsync(TimeSpan.FromSeconds(10), Token);
            Assert.Null(node.Fault);
        }

        Assert.False(await ListensAsync(silo));
    }

    [Fact]
    public async Task A_node_without_devices_is_ready_and_serves()
    {
        using var http = new HttpClient();
        await using var node = await NodeHost.StartAsync(_state.Options with { Devices = "none" }, Token);

        Assert.Empty(node.Devices);
        Assert.Equal("ready", await http.GetStringAsync(node.Http + "/health/ready", Token));
        var shown = JsonElement.Parse(await http.GetStringAsync(node.Http + "/api/v1/cluster", Token)).GetProperty("nodes")[0];
        Assert.Equal((node.Name, 0), (shown.GetProperty("name").GetString(), shown.GetProperty("devices").GetArrayLength()));
    }

    [Fact]
    public async Task A_node_joins_by_name_only_once_and_stops_when_the_first_node_leaves()
    {
        await using var first = await NodeHost.StartAsync(_state.Options with { Name = "n1" }, Token);
        var twin = await Assert.ThrowsAsync<NodeStartException>(() =>
            NodeHost.StartAsync(_state.Options with { Name = "n1", Join = first.Silo }, Token));
        Assert.Contains("a node named 'n1'", twin.Message, StringComparison.Ordinal);

        await using var second = await NodeHost.StartAsync(_state.Options with { Name = "n2", Join = first.Silo }, Token);
        await first.DisposeAsync();

        await second.WaitForShutdownAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(15), Token);
        Assert.Contains(first.Silo, second.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_is_named_with_what_needs_it_and_what_to_do()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        foreach (var (defaultPort, user) in new[] { (11111, "other nodes"), (8080, "the HTTP API") })
        {
            var error = await FailsAsync(_state.Options with { EphemeralPorts = false, PortOffset = port - defaultPort });

            // With this offset another of the three ports may lie outside of the range; then that is the error.
            if (error.Contains("ports go from 1 to 65535", StringComparison.Ordinal)) continue;
            Assert.Contains($"Port {port}", error, StringComparison.Ordinal);
            Assert.Contains(user, error, StringComparison.Ordinal);
            Assert.Contains("--port-offset", error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("gpu:1")]
    [InlineData("cpu:0")]
    public async Task Devices_nobody_has_are_an_error(string devices) =>
        Assert.Contains($"'{devices}'", await FailsAsync(_state.Options with { Devices = devices }), StringComparison.Ordinal);

    [Fact]
    public async Task A_state_location_that_cannot_be_written_is_named()
    {
        var file = Path.Combine(_state.Path, "file");
        await File.WriteAllTextAsync(file, "", Token);

        var error = await FailsAsync(_state.Options with { StateLocation = Path.Combine(file, "state") });

        Assert.Contains(file, error, StringComparison.Ordinal);
        Assert.Contains("--state", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("127.0.0.1:")]
    [InlineData(":11111")]
    [InlineData("host:99999")]
    public async Task A_join_target_that_is_no_address_is_named(string join) =>
        Assert.Contains($"'{join}'", await FailsAsync(_state.Options with { Join = join }), StringComparison.Ordinal);

    [Fact]
    public async Task A_join_target_where_nobody_listens_is_named_after_a_deadline()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var address = closed.LocalEndpoint.ToString()!;
        closed.Stop();

        var error = await Assert.ThrowsAsync<ClusterNotFoundException>(
            () => JoinTarget.ReachAsync(address, "otx", null, TimeSpan.FromMilliseconds(600), Token));

        Assert.Contains($"No node answers at {address}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_could_not_be_part_of_a_key_is_refused() =>
        Assert.Contains("'a/b'", await FailsAsync(_state.Options with { Name = "a/b" }), StringComparison.Ordinal);

    [Fact]
    public async Task A_cluster_id_that_could_not_be_part_of_a_key_is_refused() =>
        Assert.Contains("'a/b'", await FailsAsync(_state.Options with { ClusterId = "a/b" }), StringComparison.Ordinal);

    [Fact]
    public async Task Two_ways_to_the_cluster_are_one_too_many() =>
        Assert.Contains("--join and --redis", await FailsAsync(_state.Options with { Join = "h:1", Redis = "r:1" }), StringComparison.Ordinal);

    [Theory]
    [InlineData("0.0.0.0", "'0.0.0.0'")]
    [InlineData("n1.example", "'n1.example'")]
    [InlineData("203.0.113.1", "not an address of this machine")]
    public async Task An_address_that_others_could_not_reach_this_node_at_is_refused(string advertise, string expected) =>
        Assert.Contains(
            expected, await FailsAsync(_state.Options with { EphemeralPorts = false, Advertise = advertise }), StringComparison.Ordinal);

    private static async Task<string> FailsAsync(NodeOptions options) =>
        (await Assert.ThrowsAsync<NodeStartException>(() => NodeHost.StartAsync(options, Token))).Message;

    private static async Task<bool> ListensAsync(string address)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPEndPoint.Parse(address), Token);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
