using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using OrleansTransfer.Cluster.Transport;

namespace OrleansTransfer.Cluster.Exchange.Lanes;

/// <summary>
/// Listens on a silo's port for three kinds of connections, told apart by their first bytes: lanes go to the <see cref="LaneAcceptor"/>, greetings of
/// nodes that want to join to the <see cref="NodeGreeter"/>, and what is left, messages of Orleans, to Orleans, over Kestrel's socket transport.
/// Beside the port, <see cref="LocalLanes"/> are accepted.
/// </summary>
public sealed class LaneListenerFactory(LaneAcceptor acceptor, ILoggerFactory loggers, NodeGreeter? greeter = null) : IConnectionListenerFactory
{
    private const int Backlog = 512;

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endpoint);
            socket.Listen(Backlog);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        var connections = new SocketConnectionContextFactory(new(), loggers.CreateLogger("Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets"));
        return new(new Listener(socket, acceptor, greeter, connections));
    }

    private sealed class Listener : IConnectionListener
    {
        // A peer that sends nothing does not begin any kind of connection.
        private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
        private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(1);

        // While nothing can be accepted, for want of file descriptors above all.
        private static readonly TimeSpan s_recovery = TimeSpan.FromMilliseconds(100);

        // Connections whose first bytes may be waited for at once; each takes a thread.
        private const int MaximumUnsorted = 256;
        private const int StackBytes = 256 * 1024;

        private readonly SemaphoreSlim _unsorted = new(MaximumUnsorted);
        private readonly Socket _socket;
        private readonly Socket? _local;
        private readonly LaneAcceptor _acceptor;
        private readonly NodeGreeter? _greeter;
        private readonly SocketConnectionContextFactory _connections;
        private readonly Channel<ConnectionContext> _accepted = Channel.CreateUnbounded<ConnectionContext>();
        private volatile bool _unbound;

        public Listener(Socket socket, LaneAcceptor acceptor, NodeGreeter? greeter, SocketConnectionContextFactory connections)
        {
            (_socket, _acceptor, _greeter, _connections) = (socket, acceptor, greeter, connections);
            EndPoint = socket.LocalEndPoint!;
            _ = ListenAsync(socket);
            _local = acceptor.Encrypts ? null : LocalLanes.Listen(EndPoint);
            if (_local is not null) _ = ListenAsync(_local);
        }

        public EndPoint EndPoint { get; }

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
            await _accepted.Reader.WaitToReadAsync(cancellationToken) && _accepted.Reader.TryRead(out var connection) ? connection : null;

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _unbound = true;
            _socket.Dispose();
            _local?.Dispose();
            return default;
        }

        public async ValueTask DisposeAsync()
        {
            await UnbindAsync();
            _accepted.Writer.TryComplete();
            while (_accepted.Reader.TryRead(out var connection)) await connection.DisposeAsync();
            _connections.Dispose();
        }

        private async Task ListenAsync(Socket socket)
        {
            while (true)
            {
                await _unsorted.WaitAsync();
                Socket accepted;
                try
                {
                    accepted = await socket.AcceptAsync();
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    _unsorted.Release();
                    if (!_unbound)
                    {
                        await Task.Delay(s_recovery);
                        continue;
                    }
                    _accepted.Writer.TryComplete();
                    return;
                }
                // A thread each, for the moment until the first bytes are there: asynchronous calls would take the socket's blocking mode away.
                new Thread(() => Sort(accepted), StackBytes) { IsBackground = true, Name = "accepting a connection" }.Start();
            }
        }

        private void Sort(Socket accepted)
        {
            try
            {
                var isLocal = accepted.AddressFamily == AddressFamily.Unix;
                if (isLocal && !LocalLanes.IsOwn(accepted))
                {
                    accepted.Dispose();
                    return;
                }
                if (!isLocal) accepted.NoDelay = true;
                Span<byte> first = stackalloc byte[LaneHandshake.Magic.Length];
                Peek(accepted, first);
                if (first.SequenceEqual(LaneHandshake.Magic))
                {
                    _ = _acceptor.AcceptAsync(accepted);
                    return;
                }
                if (isLocal)
                {
                    accepted.Dispose(); // nothing else begins here
                    return;
                }
                if (_greeter is not null && first.SequenceEqual(NodeGreeting.Magic))
                {
                    _ = _greeter.AnswerAsync(accepted);
                    return;
                }
                var connection = _connections.Create(accepted);
                if (!_accepted.Writer.TryWrite(connection)) connection.Abort(new ConnectionAbortedException("The silo no longer listens."));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                accepted.Dispose(); // the peer left, or said nothing
            }
            finally
            {
                _unsorted.Release();
            }
        }

        // Fills it as far as it can begin a lane or a greeting.
        private static void Peek(Socket accepted, Span<byte> first)
        {
            accepted.ReceiveTimeout = (int)s_patience.TotalMilliseconds;
            var end = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
            while (true)
            {
                var peeked = accepted.Receive(first, SocketFlags.Peek);
                var begun = first[..peeked];
                if (peeked == first.Length || peeked == 0 || !(LaneHandshake.Magic.StartsWith(begun) || NodeGreeting.Magic.StartsWith(begun))) break;
                if (Environment.TickCount64 > end) throw new SocketException((int)SocketError.TimedOut);
                Thread.Sleep(s_pause); // less than eight bytes: the rest is on its way, and peeking does not wait for it
            }
            accepted.ReceiveTimeout = 0;
        }
    }
}
