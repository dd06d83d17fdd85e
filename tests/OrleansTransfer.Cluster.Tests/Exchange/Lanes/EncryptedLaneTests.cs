using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansTransfer.Cluster.Exchange;
using OrleansTransfer.Cluster.Exchange.Lanes;
using OrleansTransfer.Cluster.Transport;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Tests;

namespace OrleansTransfer.Cluster.Tests.Exchange.Lanes;

/// <summary>Lanes between nodes that use mutual TLS.</summary>
public sealed class EncryptedLaneTests : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("otx-lane-tls-").FullName;
    private readonly GroupRegistry _groups = new(Options.Create(new ExchangeOptions()), TimeProvider.System);
    private TestAuthority _authority = null!;
    private IConnectionListener _listener = null!;

    public async ValueTask InitializeAsync()
    {
        _authority = new(_folder);
        _listener = await new LaneListenerFactory(
                new(_groups, NullLogger<LaneAcceptor>.Instance, Tls(_authority.Issue("n0"))), NullLoggerFactory.Instance)
            .BindAsync(new IPEndPoint(IPAddress.Loopback, 0), TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.UnbindAsync();
        await _listener.DisposeAsync();
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(WireFormat.Float32)]
    [InlineData(WireFormat.BFloat16)]
    public async Task Sums_are_the_same_as_without_encryption_and_nothing_of_them_shows_on_the_wire(WireFormat wire)
    {
        const int length = 1_500_000, exchanges = 3;
        var key = new GroupKey("leaves", 1);
        await using var tap = new Tap((IPEndPoint)_listener.EndPoint);
        using var first = _groups.Join(key, () => new(key, 0, 1, 2, new LaneSet(0, ["n0", "n1"]), new()));
        using var lanes = Open(key, tap.Address, Tls(_authority.Issue("n1")));
        using var second = new GroupSession(key, 1, 1, 2, lanes, new());

        // A number that bfloat16 has, too; what a node sends is full of it.
        const float told = 1.0078125f;
        var sums = await Task.WhenAll(new[] { first, second }.Select((session, rank) => Task.Factory.StartNew(
            () =>
            {
                var values = new float[length];
                for (var exchange = 0; exchange < exchanges; exchange++)
                {
                    Array.Fill(values, told * (rank + 1));
                    session.For(rank).AllReduce(exchange, values, wire, CancellationToken.None);
                }
                return values;
            },
            TaskCreationOptions.LongRunning))).WaitAsync(s_patience, TestContext.Current.CancellationToken);

        Assert.All(sums, sum => Assert.DoesNotContain(sum, value => Math.Abs(value - 3 * told) > 0.02f));
        Assert.True(sums[0].AsSpan().SequenceEqual(sums[1]));
        var seen = tap.Seen;
        Assert.True(seen.Length > length, $"Only {seen.Length} bytes went over the wire that was watched.");
        byte[] pattern = wire == WireFormat.Float32 ? [.. Enumerable.Repeat(BitConverter.GetBytes(told), 4).SelectMany(b => b)]
            : [.. Enumerable.Repeat(BitConverter.GetBytes(told)[2..], 8).SelectMany(b => b)];
        Assert.Equal(-1, seen.AsSpan().IndexOf(pattern));
        Assert.Equal(-1, seen.AsSpan().IndexOf("leaves"u8));
    }

    [Fact]
    public async Task A_node_with_a_certificate_of_another_authority_gets_no_lane()
    {
        using var other = new TestAuthority(_folder, "other");
        // It takes the others' certificates, so that it is they who refuse.
        var both = Path.Combine(_folder, "both.pem");
        await File.WriteAllTextAsync(both, _authority.Pem + "\n" + other.Pem, TestContext.Current.CancellationToken);

        Assert.Contains("does not take this node's certificate", await RefusalAsync(Tls(other.Issue("n1") with { Authorities = both })));
        Assert.Contains("'CN=n0' is signed by 'CN=ca'", await RefusalAsync(Tls(other.Issue("n2"))));
    }

    [Fact]
    public async Task A_node_without_certificate_gets_no_lane() =>
        Assert.Contains("closed", await RefusalAsync(null), StringComparison.OrdinalIgnoreCase);

    [Fact]
    public async Task A_group_that_ends_ends_the_wait_of_the_other_node()
    {
        var key = new GroupKey("leaves", 1);
        var first = _groups.Join(key, () => new(key, 0, 1, 2, new LaneSet(0, ["n0", "n1"]), new()));
        using var lanes = Open(key, (IPEndPoint)_listener.EndPoint, Tls(_authority.Issue("n1")));
        using var second = new GroupSession(key, 1, 1, 2, lanes, new());
        await lanes.Connected.WaitAsync(s_patience, TestContext.Current.CancellationToken);

        var waiting = Task.Factory.StartNew(
            () => second.For(1).AllReduce(0, new float[10_000], WireFormat.Float32, CancellationToken.None), TaskCreationOptions.LongRunning);
        first.Abort("enough");

        await Assert.ThrowsAsync<ExchangeAbortedException>(() => waiting.WaitAsync(s_patience, TestContext.Current.CancellationToken));
        first.Dispose();
    }

    private static LaneTls Tls(TlsFiles files) =>
        new(new(files, TimeProvider.System), new(NullLogger<TlsTroubles>.Instance, TimeProvider.System));

    private static LaneSet Open(GroupKey key, IPEndPoint endpoint, LaneTls? tls)
    {
        var lanes = new LaneSet(1, ["n0", "n1"]);
        LaneConnector.Open(lanes, key, 0, () => endpoint, s_patience, tls);
        return lanes;
    }

    private async Task<string> RefusalAsync(LaneTls? tls)
    {
        var key = new GroupKey("leaves", 1);
        using var session = _groups.Join(key, () => new(key, 0, 1, 2, new LaneSet(0, ["n0", "n1"]), new()));
        try
        {
            using var lanes = Open(key, (IPEndPoint)_listener.EndPoint, tls);
            return (await Assert.ThrowsAsync<LaneException>(() => lanes.Connected.WaitAsync(s_patience))).Message;
        }
        finally
        {
            _groups.Leave(key);
        }
    }

    /// <summary>A wire that keeps what goes over it, both ways.</summary>
    private sealed class Tap : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly MemoryStream _seen = new();
        private readonly List<Socket> _sockets = [];

        public Tap(IPEndPoint target)
        {
            _listener.Start();
            Address = (IPEndPoint)_listener.LocalEndpoint;
            _ = PassOnAsync(target);
        }

        public IPEndPoint Address { get; }

        public byte[] Seen
        {
            get
            {
                lock (_seen) return _seen.ToArray();
            }
        }

        public ValueTask DisposeAsync()
        {
            _listener.Stop();
            foreach (var socket in _sockets) socket.Dispose();
            return default;
        }

        private async Task PassOnAsync(IPEndPoint target)
        {
            var near = await _listener.AcceptSocketAsync();
            var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await far.ConnectAsync(target);
            _sockets.AddRange([near, far]);
            _ = CopyAsync(near, far);
            _ = CopyAsync(far, near);
        }

        private async Task CopyAsync(Socket from, Socket to)
        {
            var buffer = new byte[64 * 1024];
            try
            {
                while (await from.ReceiveAsync(buffer) is > 0 and var count)
                {
                    lock (_seen) _seen.Write(buffer, 0, count);
                    await to.SendAsync(buffer.AsMemory(0, count));
                }
                to.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}
