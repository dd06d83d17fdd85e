using System.Net;
using System.Net.Sockets;

namespace OrleansTransfer.Cluster.Exchange.Lanes;

/// <summary>Opens a lane to another node, on a thread of its own.</summary>
internal static class LaneConnector
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Opens the lane of <paramref name="lanes"/> to <paramref name="node"/>; whether that succeeds or not shows in
    /// <see cref="LaneSet.Connected"/>.
    /// </summary>
    /// <param name="lanes">Where the lane is added.</param>
    /// <param name="key">The group.</param>
    /// <param name="node">Index of the other node.</param>
    /// <param name="endpoint">The silo port of the other node, or null while it is not known.</param>
    /// <param name="deadline">How long to try.</param>
    /// <param name="tls">Encrypts lanes; null where connections between silos are not encrypted either.</param>
    public static void Open(LaneSet lanes, GroupKey key, int node, Func<IPEndPoint?> endpoint, TimeSpan deadline, LaneTls? tls = null) =>
        new Thread(() =>
        {
            try
            {
                var socket = Connect(new(key, lanes.Self, lanes.Fingerprint), endpoint, deadline, tls, lanes.Closing);
                if (lanes.Attach(node, () => new(socket, lanes.Pump)) is not { } refusal) return;
                socket.Dispose();
                lanes.Fail(node, refusal);
            }
            catch (Exception e) when (e is LaneException or SocketException or ObjectDisposedException or OperationCanceledException)
            {
                lanes.Fail(node, e.Message);
            }
        })
        { IsBackground = true, Name = $"opening a lane to {lanes.NameOf(node)}" }.Start();

    private static Socket Connect(LaneHandshake handshake, Func<IPEndPoint?> endpoint, TimeSpan deadline, LaneTls? tls, CancellationToken cancelled)
    {
        var end = Environment.TickCount64 + (long)deadline.TotalMilliseconds;
        while (true)
        {
            var place = endpoint();
            var local = place is not null && tls is null ? LocalLanes.Connect(place) : null;
            var socket = local ?? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.ReceiveTimeout = (int)deadline.TotalMilliseconds;
            using var closing = cancelled.Register(() => socket.Dispose());
            try
            {
                if (local is null) socket.Connect(place ?? throw new SocketException((int)SocketError.HostNotFound));
                if (tls is not null)
                {
                    socket = tls.Open(socket);
                    socket.ReceiveTimeout = (int)deadline.TotalMilliseconds;
                }
                handshake.Send(socket);
                LaneHandshake.ReceiveAnswer(socket);
                socket.ReceiveTimeout = 0;
                return socket;
            }
            catch (SocketException e) when (!cancelled.IsCancellationRequested
                && e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.HostNotFound && Environment.TickCount64 < end)
            {
                // The membership may name a node a moment before its port is open.
                socket.Dispose();
                cancelled.WaitHandle.WaitOne(s_pause);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }
}
