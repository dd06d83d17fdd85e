using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansTransfer.Cluster.Exchange;
using OrleansTransfer.Cluster.Exchange.Lanes;

namespace OrleansTransfer.Cluster.Tests.Exchange.Lanes;

/// <summary>Lanes between nodes of one machine.</summary>
public sealed class LocalLanesTests : IAsyncLifetime
{
    // Begins a lane as another user and prints what it hears of the node: nothing at all, when the node closes the connection.
    private const string Stranger = """
        import os, socket, sys
        os.setgroups([])
        os.setuid(65534)
        lane = socket.socket(socket.AF_UNIX)
        lane.settimeout(5)
        lane.connect("\0otx-lane-" + sys.argv[1])
        try:
            lane.sendall(b"OTXLANE\n")
            print(len(lane.recv(1)))
        except ConnectionError:
            print(0)
        """;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly GroupKey s_key = new("leaves", 1);

    private readonly GroupRegistry _groups =
        new(Options.Create(new ExchangeOptions { JoinDeadline = TimeSpan.FromSeconds(5) }), TimeProvider.System);
    private readonly List<IConnectionListener> _listeners = [];

    public ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has sockets whose names are no files.");
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners) await listener.DisposeAsync();
    }

    [Fact]
    public async Task Nodes_of_one_machine_exchange_over_a_socket_of_their_own()
    {
        var place = await ListenAsync(IPAddress.Loopback);
        Assert.Equal(AddressFamily.Unix, await FamilyOfLaneAsync(place));
    }

    // The address that a node is known by may be one that only leads to it.
    [Fact]
    public async Task Where_the_address_is_not_the_silos_own_a_lane_takes_the_port()
    {
        var place = await ListenAsync(IPAddress.Any);
        Assert.Equal(AddressFamily.InterNetworkV6, await FamilyOfLaneAsync(new(IPAddress.Loopback, place.Port)));
    }

    [Fact]
    public async Task Where_the_name_is_taken_the_port_still_takes_lanes()
    {
        var place = await ListenAsync(IPAddress.Loopback);
        Assert.Null(LocalLanes.Listen(place));
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(place);
        new LaneHandshake(s_key, 1, 0).Send(socket);
        using var session = Join();
        LaneHandshake.ReceiveAnswer(socket);
    }

    [Fact]
    public async Task What_is_no_lane_is_closed()
    {
        using var socket = LocalLanes.Connect(await ListenAsync(IPAddress.Loopback))!;
        socket.ReceiveTimeout = (int)s_patience.TotalMilliseconds;
        socket.Send("GET / HTTP/1.1\r\n"u8);
        int received;
        try
        {
            received = socket.Receive(new byte[1]);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            received = 0; // what it had not read yet
        }
        Assert.Equal(0, received);
    }

    [Fact]
    public async Task Nobody_listens_any_more_when_the_silo_does_not()
    {
        var place = await ListenAsync(IPAddress.Loopback);
        LocalLanes.Connect(place)!.Dispose();
        await _listeners[0].UnbindAsync(TestContext.Current.CancellationToken);
        Assert.Null(LocalLanes.Connect(place));
    }

    [Fact]
    public async Task Another_users_process_gets_no_lane()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can become another user.");
        var start = new ProcessStartInfo("python3", ["-c", Stranger, $"{await ListenAsync(IPAddress.Loopback)}"]) { RedirectStandardOutput = true };
        Process stranger;
        try
        {
            stranger = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            Assert.Skip("python3 is not installed.");
            throw;
        }
        using (stranger)
        {
            // A lane of the own user would be waited for longer than the stranger waits.
            Assert.Equal("0", (await stranger.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Trim());
        }
    }

    private async Task<IPEndPoint> ListenAsync(IPAddress address)
    {
        var acceptor = new LaneAcceptor(_groups, NullLogger<LaneAcceptor>.Instance);
        var listener = await new LaneListenerFactory(acceptor, NullLoggerFactory.Instance)
            .BindAsync(new IPEndPoint(address, 0), TestContext.Current.CancellationToken);
        _listeners.Add(listener);
        return (IPEndPoint)listener.EndPoint;
    }

    private async Task<AddressFamily> FamilyOfLaneAsync(IPEndPoint place)
    {
        using var session = Join();
        using var lanes = new LaneSet(1, ["n0", "n1"], 0);
        LaneConnector.Open(lanes, s_key, 0, () => place, s_patience);
        await lanes.Connected.WaitAsync(s_patience, TestContext.Current.CancellationToken);
        return lanes[0].Socket.AddressFamily;
    }

    private GroupSession Join() => _groups.Join(s_key, () => new(s_key, 0, 1, 2, new LaneSet(0, ["n0", "n1"], 0), new()));
}
