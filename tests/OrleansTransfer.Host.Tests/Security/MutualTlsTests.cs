using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using OrleansTransfer.Cluster.Transport;
using OrleansTransfer.Contracts.Scheduling;
using OrleansTransfer.Tests;

namespace OrleansTransfer.Host.Tests.Security;

/// <summary>Nodes and Orleans clients that use mutual TLS.</summary>
[Collection(Nodes.Name)]
public sealed class MutualTlsTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly StateFolder _state = new();
    private readonly TestAuthority _authority;

    public MutualTlsTests() => _authority = new(_state.Path);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _authority.Dispose();
        _state.Dispose();
    }

    [Fact]
    public async Task Nodes_of_one_authority_meet_and_others_are_told_why_they_do_not()
    {
        using var other = new TestAuthority(_state.Path, "other");
        await using var first = await NodeHost.StartAsync(With("n1", _authority.Issue("n1")), Token);
        await using var second = await NodeHost.StartAsync(With("n2", _authority.Issue("n2")) with { Join = first.Silo }, Token);
        var scheduler = first.Services.GetRequiredService<IGrainFactory>().GetGrain<ISchedulerGrain>(ISchedulerGrain.Key);
        Assert.Contains((await scheduler.GetStatus()).Nodes, node => node.Name == "n2");

        var stranger = await RefusedAsync(With("n3", other.Issue("n3")) with { Join = first.Silo });
        Assert.Contains(
            $"does not take the certificate of the node at {first.Silo}: 'CN=n1' is signed by 'CN=ca'", stranger, StringComparison.Ordinal);

        // One that would take theirs is refused by them.
        var both = Path.Combine(_state.Path, "both.pem");
        await File.WriteAllTextAsync(both, _authority.Pem + "\n" + other.Pem, Token);
        var trusting = await RefusedAsync(With("n4", other.Issue("n4") with { Authorities = both }) with { Join = first.Silo });
        Assert.Contains("does not take this node's certificate", trusting, StringComparison.Ordinal);

        var expired = await Assert.ThrowsAsync<NodeStartException>(() =>
            NodeHost.StartAsync(With("n5", _authority.Issue("n5", until: DateTimeOffset.UtcNow.AddMinutes(-1))) with { Join = first.Silo }, Token));
        Assert.Contains("'CN=n5' expired at ", expired.Message, StringComparison.Ordinal);

        await using var plain = new PlainPeer(first.Silo);
        Assert.Equal(0, await plain.AnswerAsync(Token));
    }

    [Fact]
    public async Task A_node_with_TLS_does_not_join_one_without()
    {
        await using var first = await NodeHost.StartAsync(_state.Options with { Name = "n1" }, Token);

        var refusal = await RefusedAsync(With("n2", _authority.Issue("n2")) with { Join = first.Silo });

        Assert.StartsWith($"The node at {first.Silo} uses no TLS with other nodes, and this one does", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_without_TLS_hears_at_once_that_the_others_use_it()
    {
        await using var first = await NodeHost.StartAsync(With("n1", _authority.Issue("n1")), Token);

        foreach (var plain in (NodeOptions[])[
            _state.Options with { Name = "n2", Join = first.Silo },
            _state.Options with { Name = "g1", Join = first.Gateway, Role = NodeRole.Gateway }])
        {
            var refusal = await RefusedAsync(plain);
            Assert.StartsWith($"The node at {plain.Join} uses mutual TLS with other nodes, and this one does not", refusal, StringComparison.Ordinal);
            Assert.Contains("--tls-cert", refusal, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_node_of_another_cluster_is_told_so()
    {
        await using var first = await NodeHost.StartAsync(_state.Options with { Name = "n1", ClusterId = "blue" }, Token);

        Assert.Equal(
            $"The node at {first.Silo} belongs to the cluster 'blue', and this one is for 'green'. Correct --join, or --cluster-id.",
            await RefusedAsync(_state.Options with { Name = "n2", ClusterId = "green", Join = first.Silo }));
    }

    [Fact]
    public async Task A_peer_name_keeps_other_certificates_of_the_authority_out()
    {
        var files = _authority.Issue("node.otx") with { PeerName = "node.otx" };
        await using var first = await NodeHost.StartAsync(With("n1", files), Token);
        await using var second = await NodeHost.StartAsync(With("n2", files) with { Join = first.Silo }, Token);

        var refusal = await RefusedAsync(With("n3", _authority.Issue("web.otx")) with { Join = first.Silo });

        Assert.Contains("does not take this node's certificate", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_renewed_certificate_serves_connections_from_then_on()
    {
        var files = _authority.Issue("n1");
        await using var first = await NodeHost.StartAsync(With("n1", files), Token);
        using var renewed = new TestAuthority(_state.Path, "renewed");
        var successor = renewed.Issue("n1");

        // As a change of authorities goes: first everybody takes both, then certificates change.
        await File.WriteAllTextAsync(files.Authorities!, _authority.Pem + "\n" + renewed.Pem, Token);
        var joining = With("n2", renewed.Issue("n2") with { Authorities = files.Authorities });
        await using (await StartEventuallyAsync(joining with { Join = first.Silo }))
        {
        }

        await File.WriteAllTextAsync(files.Certificate!, await File.ReadAllTextAsync(successor.Certificate!, Token), Token);
        await File.WriteAllTextAsync(files.Key!, await File.ReadAllTextAsync(successor.Key!, Token), Token);
        await using (await StartEventuallyAsync(With("n3", renewed.Issue("n3")) with { Join = first.Silo }))
        {
        }
    }

    [Fact]
    public async Task Orleans_clients_need_a_certificate_too()
    {
        await using var node = await NodeHost.StartAsync(With("n1", _authority.Issue("n1")), Token);
        var gateway = IPEndPoint.Parse(node.Gateway);

        using (var client = Client(gateway, _authority.Issue("client")))
        {
            await client.StartAsync(Token).WaitAsync(s_patience, Token);
            var scheduler = client.Services.GetRequiredService<IClusterClient>().GetGrain<ISchedulerGrain>(ISchedulerGrain.Key);
            Assert.Contains((await scheduler.GetStatus()).Nodes, one => one.Name == "n1");
            await client.StopAsync(Token);
        }

        await using var plain = new PlainPeer(node.Gateway);
        Assert.Equal(0, await plain.AnswerAsync(Token));
    }

    private static IHost Client(IPEndPoint gateway, TlsFiles files) => new HostBuilder().UseOrleansClient(client =>
    {
        client.UseStaticClustering(gateway);
        client.Configure<ClusterOptions>(cluster => (cluster.ServiceId, cluster.ClusterId) = ("orleanstransfer", "otx"));
        client.UseNodeTls(new NodeCertificates(files, TimeProvider.System));
    }).Build();

    // Files are looked at every second; until then the answer is that of before.
    private static async Task<NodeHost> StartEventuallyAsync(NodeOptions options)
    {
        var end = DateTime.UtcNow + s_patience;
        while (true)
        {
            try
            {
                return await NodeHost.StartAsync(options, Token);
            }
            catch (ClusterNotFoundException) when (DateTime.UtcNow < end)
            {
                await Task.Delay(200, Token);
            }
        }
    }

    private NodeOptions With(string name, TlsFiles files) => _state.Options with { Name = name, Security = new() { Tls = files } };

    private static async Task<string> RefusedAsync(NodeOptions options) =>
        (await Assert.ThrowsAsync<ClusterNotFoundException>(() => NodeHost.StartAsync(options, Token))).Message;

    /// <summary>Somebody who connects and speaks no TLS.</summary>
    private sealed class PlainPeer(string address) : IAsyncDisposable
    {
        private readonly TcpClient _client = new();

        /// <summary>Bytes that come back until the connection ends.</summary>
        public async Task<int> AnswerAsync(CancellationToken cancellationToken)
        {
            await _client.ConnectAsync(IPEndPoint.Parse(address), cancellationToken);
            var stream = _client.GetStream();
            await stream.WriteAsync(new byte[512], cancellationToken);
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(s_patience);
            var answer = new byte[512];
            var count = 0;
            try
            {
                // A TLS alert (type 21) is no answer to what was said.
                while (await stream.ReadAsync(answer, deadline.Token) is > 0 and var read) count += answer[0] == 21 ? 0 : read;
            }
            catch (IOException)
            {
                // Reset.
            }
            return count;
        }

        public ValueTask DisposeAsync()
        {
            _client.Dispose();
            return default;
        }
    }
}
