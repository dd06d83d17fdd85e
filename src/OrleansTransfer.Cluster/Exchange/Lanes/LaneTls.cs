using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using OrleansTransfer.Cluster.Transport;

namespace OrleansTransfer.Cluster.Exchange.Lanes;

/// <summary>
/// Encrypts lanes where connections between silos are. A lane works with non-blocking calls on a socket, which an encrypted stream does not offer: it
/// gets one end of a socket pair within this process, and a <see cref="LaneRelay"/> carries what it sends and receives over the encrypted connection.
/// </summary>
/// <param name="certificates">What this node shows and takes.</param>
/// <param name="troubles">Is told what goes wrong.</param>
public sealed class LaneTls(NodeCertificates certificates, TlsTroubles troubles)
{
    /// <summary>
    /// Begins a lane at the node that opens it. The first bytes, <see cref="LaneHandshake.Magic"/>, go in clear text: by them the other node tells
    /// lanes from connections of Orleans.
    /// </summary>
    /// <param name="socket">Connected. It is owned from here on.</param>
    /// <returns>What the lane is to use in its place.</returns>
    /// <exception cref="LaneException">The connection cannot be made safe.</exception>
    public Socket Open(Socket socket)
    {
        LaneHandshake.SendAll(socket, LaneHandshake.Magic);
        return Secure(socket, outgoing: true);
    }

    /// <summary>Takes a lane from another node. The magic at its beginning is still to be received.</summary>
    /// <param name="socket">It is owned from here on.</param>
    /// <returns>What the lane is to use in its place.</returns>
    /// <exception cref="LaneException">The connection cannot be made safe.</exception>
    public Socket Take(Socket socket)
    {
        LaneHandshake.ReceiveMagic(socket);
        return Secure(socket, outgoing: false);
    }

    private Socket Secure(Socket socket, bool outgoing)
    {
        var peer = TlsConnection.Shown(socket.RemoteEndPoint);
        var tls = new SslStream(new BlockingStream(socket));
        try
        {
            socket.NoDelay = true;
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.ReceiveTimeout = socket.SendTimeout = (int)TlsConnection.Limit.TotalMilliseconds;
            // Over a stream that blocks, these are done when they return.
            var handshake = outgoing ? OpenAsync(tls, peer) : TlsConnection.TakeAsync(tls, certificates, peer, CancellationToken.None);
            if (!handshake.GetAwaiter().GetResult()) throw new AuthenticationException($"{peer} closed the connection.");
            socket.ReceiveTimeout = socket.SendTimeout = 0;
            return LaneRelay.Start(tls);
        }
        catch (AuthenticationException e)
        {
            tls.Dispose();
            troubles.Report(e.Message, outgoing);
            throw new LaneException(e.Message.TrimEnd('.'), e);
        }
        catch
        {
            tls.Dispose();
            throw;
        }
    }

    private async Task<bool> OpenAsync(SslStream tls, string peer)
    {
        await TlsConnection.OpenAsync(tls, certificates, peer, CancellationToken.None).ConfigureAwait(false);
        return true;
    }

    /// <summary>Never leaves the socket's blocking mode, which asynchronous calls would take away: threads that block wake up soonest.</summary>
    private sealed class BlockingStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return default;
        }
    }
}
