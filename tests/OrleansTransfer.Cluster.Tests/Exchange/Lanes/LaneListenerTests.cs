using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansTransfer.Cluster.Exchange;
using OrleansTransfer.Cluster.Exchange.Lanes;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Cluster.Tests.Exchange.Lanes;

/// <summary>A silo's port that takes lanes besides other connections.</summary>
public sealed class LaneListenerTests : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly GroupRegistry _groups =
        new(Options.Create(new ExchangeOptions { JoinDeadline = TimeSpan.FromMilliseconds(300) }), TimeProvider.System);
    private IConnectionListener _listener = null!;

    public async ValueTask InitializeAsync() =>
        _listener = await new LaneListenerFactory(new(_groups, NullLogger<LaneAcceptor>.Instance), NullLoggerFactory.Instance)
            .BindAsync(new IPEndPoint(IPAddress.Loopback, 0), TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _listener.UnbindAsync();
        await _listener.DisposeAsync();
    }

    [Fact]
    public async Task Two_nodes_exchange_over_a_lane_that_one_opened()
    {
        var key = new GroupKey("leaves", 3);
        using var first = Join(key);
        using var second = new GroupSession(key, 1, 1, 2, Open(key, self: 1), new());
        var sums = await Task.WhenAll(new[] { first, second }.Select((session, rank) => Task.Factory.StartNew(
            () =>
            {
                float[] values = [rank + 1, 10];
                session.For(rank).AllReduce(0, values, WireFormat.Float32, CancellationToken.None);
                return values;
            },
            TaskCreationOptions.LongRunning))).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.All(sums, sum => Assert.Equal([3f, 20f], sum));
    }

    [Fact]
    public async Task A_lane_may_come_before_its_group()
    {
        var key = new GroupKey("leaves", 1);
        using var lanes = Open(key, self: 1);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.False(lanes.Connected.IsCompleted);
        using var session = Join(key);
        await lanes.Connected.WaitAsync(s_patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_group_that_never_comes_is_said_so() =>
        Assert.Contains("did not start on this node within", await RefusalAsync(new("unknown", 1), self: 1));

    [Fact]
    public async Task A_superseded_generation_is_refused()
    {
        using var session = Join(new("leaves", 2));
        Assert.Contains("superseded by generation 2", await RefusalAsync(new("leaves", 1), self: 1));
    }

    [Fact]
    public async Task A_lane_of_an_older_generation_is_refused_and_the_group_goes_on()
    {
        var key = new GroupKey("leaves", 2);
        using var session = Join(key);
        using (var late = Connect())
        {
            new LaneHandshake(new("leaves", 1), 1, 0).Send(late);
            var refusal = await Task.Factory.StartNew(
                () => Assert.Throws<LaneException>(() => LaneHandshake.ReceiveAnswer(late)).Message, TaskCreationOptions.LongRunning);
            Assert.Equal("it refused: leaves, generation 1 was superseded by generation 2.", refusal);
        }
        using var lanes = Open(key, self: 1);
        await lanes.Connected.WaitAsync(s_patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_node_of_another_recipe_or_version_is_refused()
    {
        var key = new GroupKey("leaves", 1);
        using var session = Join(key, fingerprint: 1UL << 63);
        Assert.Equal(
            "Node n0 cannot be reached: it refused: its recipe or version differs", await RefusalAsync(key, self: 1, fingerprint: 1));
        using var lanes = Open(key, self: 1, fingerprint: 1UL << 63);
        await lanes.Connected.WaitAsync(s_patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Another_version_of_the_exchange_is_told_so()
    {
        using var client = Connect();
        client.Send("OTXLANE\n\u0001\0\0\0\u0001\0\0\0\0\0\0\0\0\0\0\0"u8);
        var refusal = await Task.Factory.StartNew(
            () => Assert.Throws<LaneException>(() => LaneHandshake.ReceiveAnswer(client)).Message, TaskCreationOptions.LongRunning);
        Assert.Equal("it refused: it speaks version 2 of the exchange, and not version 1", refusal);
    }

    [Fact]
    public async Task A_node_has_one_lane()
    {
        var key = new GroupKey("leaves", 1);
        using var session = Join(key);
        using var lanes = Open(key, self: 1);
        await lanes.Connected.WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.Contains("a lane from n1 already", await RefusalAsync(key, self: 1));
    }

    [Fact]
    public async Task Other_connections_are_passed_on_with_all_their_bytes()
    {
        foreach (var message in new[] { "x", "OTXLANE?", "something longer than the mark of a lane" })
        {
            using var client = Connect();
            foreach (var letter in message) client.Send([(byte)letter]);
            client.Shutdown(SocketShutdown.Send);
            await using var connection = await _listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask()
                .WaitAsync(s_patience, TestContext.Current.CancellationToken);
            using var stream = new StreamReader(connection!.Transport.Input.AsStream());
            Assert.Equal(message, await stream.ReadToEndAsync(TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_connection_that_says_nothing_keeps_nobody_waiting()
    {
        using var silent = Connect();
        using var client = Connect();
        client.Send("hello"u8);
        await using var connection = await _listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask()
            .WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.Equal(client.LocalEndPoint, connection!.RemoteEndPoint);
    }

    [Theory]
    [InlineData("OTXLANE\n\u0002\0\0\0and rubbish, long enough to be a handshake")]
    [InlineData("OTXLANE\n\u0002\0\0\0\u0001\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\u00FF\u00FF\u00FF\u007F")] // a name of 2 GB
    public async Task A_handshake_that_is_none_ends_the_connection(string message)
    {
        using var client = Connect();
        client.Send(message.Select(letter => (byte)letter).ToArray());
        client.ReceiveTimeout = (int)s_patience.TotalMilliseconds;
        Assert.Equal(0, await Task.Factory.StartNew(
            () =>
            {
                try
                {
                    return client.Receive(new byte[1]);
                }
                catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
                {
                    return 0; // ended with bytes unread
                }
            },
            TaskCreationOptions.LongRunning));
    }

    [Fact]
    public async Task After_unbinding_nobody_is_accepted()
    {
        var accepting = _listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        await _listener.UnbindAsync(TestContext.Current.CancellationToken);
        Assert.Null(await accepting.WaitAsync(s_patience, TestContext.Current.CancellationToken));
        Assert.Throws<SocketException>(() => Connect().Dispose());
    }

    private GroupSession Join(GroupKey key, ulong fingerprint = 0) =>
        _groups.Join(key, () => new(key, 0, 1, 2, new LaneSet(0, ["n0", "n1"], fingerprint), new()));

    private LaneSet Open(GroupKey key, int self, ulong fingerprint = 0)
    {
        var lanes = new LaneSet(self, ["n0", "n1"], fingerprint);
        LaneConnector.Open(lanes, key, 0, () => (IPEndPoint)_listener.EndPoint, s_patience);
        return lanes;
    }

    private async Task<string> RefusalAsync(GroupKey key, int self, ulong fingerprint = 0)
    {
        using var lanes = Open(key, self, fingerprint);
        return (await Assert.ThrowsAsync<LaneException>(() => lanes.Connected.WaitAsync(s_patience))).Message;
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(_listener.EndPoint);
        return socket;
    }
}
