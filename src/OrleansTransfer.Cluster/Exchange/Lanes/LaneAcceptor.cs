using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace OrleansTransfer.Cluster.Exchange.Lanes;

/// <summary>Takes lanes that other nodes open to this one, and gives each to its group. One per silo.</summary>
/// <param name="groups">The groups that this node takes part in.</param>
/// <param name="logger">For lanes that are refused.</param>
/// <param name="tls">Encrypts lanes; null where connections between silos are not encrypted either.</param>
public sealed partial class LaneAcceptor(GroupRegistry groups, ILogger<LaneAcceptor> logger, LaneTls? tls = null)
{
    private static readonly TimeSpan s_handshakeDeadline = TimeSpan.FromSeconds(10);

    /// <summary>Whether lanes are encrypted.</summary>
    public bool Encrypts => tls is not null;

    /// <summary>Takes a connection that begins with <see cref="LaneHandshake.Magic"/>. Owns the socket; never throws.</summary>
    public async Task AcceptAsync(Socket socket)
    {
        try
        {
            socket.ReceiveTimeout = (int)s_handshakeDeadline.TotalMilliseconds;
            if (tls is not null)
            {
                socket = tls.Take(socket);
                socket.ReceiveTimeout = (int)s_handshakeDeadline.TotalMilliseconds;
            }
            var handshake = LaneHandshake.Receive(socket);
            socket.ReceiveTimeout = 0;
            if (await AttachAsync(handshake, socket) is not { } refusal) return;
            LogRefused(handshake.Key.ToString(), refusal);
            LaneHandshake.Answer(socket, refusal);
            socket.Dispose();
        }
        catch (Exception e) when (e is LaneException or SocketException or ObjectDisposedException)
        {
            LogBroken(e.Message);
            socket.Dispose();
        }
    }

    private async Task<string?> AttachAsync(LaneHandshake handshake, Socket socket)
    {
        try
        {
            return (await groups.FindAsync(handshake.Key)).AttachLane(handshake.Node, handshake.Fingerprint, socket);
        }
        catch (InvalidOperationException e)
        {
            return e.Message;
        }
    }

    [LoggerMessage(LogLevel.Warning, "A lane of gradients for {Group} was refused: {Reason}")]
    private partial void LogRefused(string group, string reason);

    [LoggerMessage(LogLevel.Warning, "A lane of gradients could not be opened: {Reason}")]
    private partial void LogBroken(string reason);
}
