using Orleans.Runtime;
using OrleansTransfer.Cluster.Transport;
using OrleansTransfer.Tests;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>Nodes that use TLS with each other, and nodes that do not.</summary>
public sealed class AdmissionTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_node_without_TLS_and_a_cluster_with_it_say_so_and_do_not_meet(bool overRedis)
    {
        await using var redis = overRedis ? await RedisServer.StartAsync() : null;
        using var state = new StateFolder();
        using var files = new TemporaryFolder();
        using var authority = new TestAuthority(files.Path);
        string[] way = redis is null ? [] : ["--redis", redis.Address];
        await using var first = await TestNode.StartAsync("n1", [.. Node(state, authority.Issue("n1")), .. way]);

        if (redis is null) way = ["--join", first.Silo];
        var refused = (await StartAsync([.. Node(state, null), .. way])).Expect(3);

        Assert.StartsWith(
            $"error: The node at {first.Silo} uses mutual TLS with other nodes, and this one does not: give it --tls-cert",
            refused.LastError, StringComparison.Ordinal);
        if (redis is not null) Assert.All(Enum.GetValues<SiloStatus>(), status => Assert.DoesNotContain("n2", redis.Members(status)));
        Assert.Contains("wanted to join without TLS", first.Process.Transcript, StringComparison.Ordinal);
        Assert.Equal(["n1"], first.SeenNodes());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_node_with_TLS_and_a_cluster_without_it_say_so_and_do_not_meet(bool overRedis)
    {
        await using var redis = overRedis ? await RedisServer.StartAsync() : null;
        using var state = new StateFolder();
        using var files = new TemporaryFolder();
        using var authority = new TestAuthority(files.Path);
        string[] way = redis is null ? [] : ["--redis", redis.Address];
        await using var first = await TestNode.StartAsync("n1", [.. Node(state, null), .. way]);

        if (redis is null) way = ["--join", first.Silo];
        var refused = (await StartAsync([.. Node(state, authority.Issue("n2")), .. way])).Expect(3);

        Assert.StartsWith(
            $"error: The node at {first.Silo} uses no TLS with other nodes, and this one does", refused.LastError, StringComparison.Ordinal);
        if (redis is not null) Assert.All(Enum.GetValues<SiloStatus>(), status => Assert.DoesNotContain("n2", redis.Members(status)));
        Assert.Contains("wanted to join with TLS", first.Process.Transcript, StringComparison.Ordinal);
    }

    private static Task<OtxResult> StartAsync(IEnumerable<string> arguments) =>
        OtxProcess.RunAsync(["node", "--name", "n2", "--port-offset", $"{TestNode.FreeOffset()}", .. arguments]);

    private static IReadOnlyList<string> Node(StateFolder state, TlsFiles? tls) =>
    [
        "--devices", "cpu:1", "--state", state.Path,
        .. tls is null ? (string[])[] : ["--tls-cert", tls.Certificate!, "--tls-key", tls.Key!, "--tls-ca", tls.Authorities!],
    ];
}
