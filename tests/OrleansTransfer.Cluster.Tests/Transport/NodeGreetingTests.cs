using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansTransfer.Cluster.Exchange;
using OrleansTransfer.Cluster.Exchange.Lanes;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Cluster.Transport;
using OrleansTransfer.Tests;

namespace OrleansTransfer.Cluster.Tests.Transport;

/// <summary>What a node hears from a silo's port before it joins.</summary>
public sealed class NodeGreetingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("otx-greeting-").FullName;
    private readonly TestAuthority _authority;

    public NodeGreetingTests() => _authority = new(_folder);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Two_that_both_use_TLS_or_both_do_not_hear_of_each_other(bool encrypted)
    {
        await using var silo = await SiloPort.OpenAsync(encrypted ? Certificates("n1") : null);

        var answer = await AskAsync(silo.EndPoint, encrypted ? Certificates("n2") : null);

        Assert.Equal(new(new("blue", ClusterVersion.Current, ClusterVersion.Protocol), null), answer);
    }

    [Theory]
    [InlineData(false, "uses mutual TLS with other nodes, and this one does not")]
    [InlineData(true, "uses no TLS with other nodes, and this one does")]
    public async Task One_that_uses_TLS_and_one_that_does_not_cannot_talk(bool encrypted, string expected)
    {
        await using var silo = await SiloPort.OpenAsync(encrypted ? null : Certificates("n1"));

        var answer = await AskAsync(silo.EndPoint, encrypted ? Certificates("n2") : null);

        Assert.Null(answer!.Facts);
        Assert.StartsWith($"The node at {silo.EndPoint} {expected}", answer.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_is_not_taken_is_named()
    {
        using var other = new TestAuthority(_folder, "other");
        await using var silo = await SiloPort.OpenAsync(Certificates("n1"));

        var answer = await AskAsync(silo.EndPoint, new(other.Issue("n2"), TimeProvider.System));

        Assert.Contains("'CN=n1' is signed by 'CN=ca'", answer!.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("OTXHELO\n\0\u0001\0\0\0x")]
    public async Task Whoever_answers_something_else_is_no_node_of_this_kind(string answer)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var served = Task.Run(
            async () =>
            {
                using var client = await listener.AcceptSocketAsync(Token);
                await using var stream = new NetworkStream(client);
                await stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(answer), Token);
                client.Shutdown(SocketShutdown.Send);
                try
                {
                    while (await stream.ReadAsync(new byte[64], Token) > 0)
                    {
                    }
                }
                catch (IOException)
                {
                    // Whoever asked has heard enough.
                }
            },
            Token);

        Assert.Null(await AskAsync((IPEndPoint)listener.LocalEndpoint, null));
        await served;
    }

    private NodeCertificates Certificates(string name) => new(_authority.Issue(name), TimeProvider.System);

    private static async Task<GreetingAnswer?> AskAsync(IPEndPoint peer, NodeCertificates? certificates)
    {
        using var socket = new Socket(peer.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(peer, Token);
        return await NodeGreeting.AskAsync(socket, certificates, Token);
    }

    private sealed class SiloPort(IConnectionListener listener) : IAsyncDisposable
    {
        public IPEndPoint EndPoint => (IPEndPoint)listener.EndPoint;

        public static async Task<SiloPort> OpenAsync(NodeCertificates? certificates)
        {
            var groups = new GroupRegistry(Options.Create(new ExchangeOptions()), TimeProvider.System);
            var greeter = new NodeGreeter(
                Options.Create(new Orleans.Configuration.ClusterOptions { ClusterId = "blue" }), NullLogger<NodeGreeter>.Instance, certificates);
            var factory = new LaneListenerFactory(new(groups, NullLogger<LaneAcceptor>.Instance), NullLoggerFactory.Instance, greeter);
            return new(await factory.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Token));
        }

        public async ValueTask DisposeAsync()
        {
            await listener.UnbindAsync();
            await listener.DisposeAsync();
        }
    }
}
