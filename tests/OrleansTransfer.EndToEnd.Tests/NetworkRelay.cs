using System.Net;
using System.Net.Sockets;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>
/// What lies between a node and all others: it takes their connections at the address that the node advertises, and leads them to the one at which it
/// listens, until the network is cut. Then nothing passes any more, either way, and nobody is told: connections stay open, as they do when a cable is
/// pulled.
/// </summary>
internal sealed class NetworkRelay : IAsyncDisposable
{
    private readonly CancellationTokenSource _ended = new(), _cut = new();
    private readonly List<TcpListener> _listeners = [];
    private readonly List<Task> _tasks = [];

    private NetworkRelay()
    {
    }

    /// <summary>Opens it.</summary>
    /// <param name="from">Where others connect.</param>
    /// <param name="to">Where the node listens.</param>
    /// <param name="ports">Ports that a cut closes.</param>
    /// <param name="open">Ports that it does not.</param>
    public static NetworkRelay Open(IPAddress from, IPAddress to, IReadOnlyList<int> ports, IReadOnlyList<int> open)
    {
        var relay = new NetworkRelay();
        foreach (var port in ports.Concat(open))
        {
            var listener = new TcpListener(from, port);
            listener.Start();
            relay._listeners.Add(listener);
            relay._tasks.Add(relay.AcceptAsync(listener, new(to, port), ports.Contains(port) ? relay._cut.Token : CancellationToken.None));
        }
        return relay;
    }

    /// <summary>Cuts it for good.</summary>
    public void Cut() => _cut.Cancel();

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        foreach (var listener in _listeners) listener.Dispose();
        await Task.WhenAll(_tasks);
        _ended.Dispose();
        _cut.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener, IPEndPoint target, CancellationToken cut)
    {
        List<Task> connections = [];
        try
        {
            while (true) connections.Add(ConnectAsync(await listener.AcceptSocketAsync(_ended.Token), target, cut));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
        await Task.WhenAll(connections);
    }

    private async Task ConnectAsync(Socket taken, IPEndPoint target, CancellationToken cut)
    {
        using var near = taken;
        using var far = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        near.NoDelay = far.NoDelay = true;
        try
        {
            if (!cut.IsCancellationRequested)
            {
                await far.ConnectAsync(target, _ended.Token);
                // One end that closes closes the other; where the network is cut, neither hears of it.
                await Task.WhenAny(CarryAsync(near, far, cut), CarryAsync(far, near, cut));
            }
            if (cut.IsCancellationRequested) await Task.Delay(Timeout.Infinite, _ended.Token);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // Nobody listens there, or the test is over.
        }
    }

    private async Task CarryAsync(Socket from, Socket to, CancellationToken cut)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token, cut);
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, end.Token) is > 0 and var count)
                for (var sent = 0; sent < count;) sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), end.Token);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Closed, cut, or the test is over.
        }
    }
}
