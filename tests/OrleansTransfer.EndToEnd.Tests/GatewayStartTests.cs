namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>Gateways that cannot start.</summary>
public sealed class GatewayStartTests
{
    [Fact]
    public async Task A_gateway_without_a_cluster_says_what_it_needs()
    {
        using var state = new StateFolder();
        string[] gateway = ["node", "--role", "gateway", "--state", state.Path, "--port-offset", $"{TestNode.FreeOffset()}"];
        Assert.Contains("--redis", (await OtxProcess.RunAsync(gateway)).Expect(2).LastError, StringComparison.Ordinal);
        Assert.Contains("'boss'", (await OtxProcess.RunAsync("node", "--role", "boss")).Expect(2).LastError, StringComparison.Ordinal);

        await using var redis = await RedisServer.StartAsync();
        var lonely = (await OtxProcess.RunAsync([.. gateway, "--redis", redis.Address])).Expect(3);
        Assert.Contains($"No node of the cluster in the Redis server {redis.Address} answered", lonely.LastError, StringComparison.Ordinal);
    }
}
