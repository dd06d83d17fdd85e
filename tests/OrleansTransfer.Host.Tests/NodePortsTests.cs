using System.Net;

namespace OrleansTransfer.Host.Tests;

public sealed class NodePortsTests
{
    [Theory]
    [InlineData(null, null, "127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1")]
    [InlineData("10.0.0.7", null, "10.0.0.7", "10.0.0.7", "10.0.0.7", "10.0.0.7 127.0.0.1")]
    [InlineData("10.0.0.7", "172.17.0.2", "10.0.0.7", "172.17.0.2", "172.17.0.2", "172.17.0.2 127.0.0.1")]
    [InlineData("10.0.0.7", "0.0.0.0", "10.0.0.7", "0.0.0.0", "0.0.0.0", "0.0.0.0")]
    [InlineData("10.0.0.7", "127.0.0.1", "10.0.0.7", "127.0.0.1", "10.0.0.7", "127.0.0.1")]
    [InlineData(null, "0.0.0.0", "127.0.0.1", "0.0.0.0", "0.0.0.0", "0.0.0.0")]
    public void A_node_is_reached_at_one_address_and_listens_at_another_if_it_is_told_to(
        string? advertise, string? listen, string address, string listens, string reached, string http)
    {
        var ports = NodePorts.Wanted(new() { Advertise = advertise, Listen = listen, PortOffset = 3 }, out var problem)!;

        Assert.Null(problem);
        Assert.Equal((address, listens, reached), ($"{ports.Address}", $"{ports.Listen}", $"{ports.Reached}"));
        Assert.Equal((11114, 30003, 8083), (ports.Silo, ports.Gateway, ports.Http));
        Assert.Equal(http, string.Join(' ', ports.HttpAddresses));
        Assert.Equal(reached == "127.0.0.1", IPAddress.IsLoopback(ports.Reached));
    }

    [Theory]
    [InlineData("nowhere")]
    [InlineData("::")]
    public void An_address_that_cannot_be_listened_at_is_named(string listen)
    {
        Assert.Null(NodePorts.Wanted(new() { Listen = listen }, out var problem));
        Assert.StartsWith($"'{listen}' is not an address to listen at: --listen takes", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_listens_where_others_reach_it_asks_for_keys()
    {
        using var state = new StateFolder();
        var options = state.Options with { EphemeralPorts = false, PortOffset = 4321, Listen = "0.0.0.0" };
        var refused = await Assert.ThrowsAsync<NodeStartException>(() => NodeHost.StartAsync(options, TestContext.Current.CancellationToken));
        Assert.Contains("At 0.0.0.0 the API of this node would answer anybody", refused.Message, StringComparison.Ordinal);
    }
}
