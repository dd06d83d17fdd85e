using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace OrleansTransfer.Cluster.Transport;

/// <summary>Answers nodes that want to know, before they join, what this one is. One per silo.</summary>
/// <param name="cluster">Says which cluster it belongs to.</param>
/// <param name="logger">For those that cannot join.</param>
/// <param name="certificates">This node's; null without TLS.</param>
public sealed partial class NodeGreeter(IOptions<ClusterOptions> cluster, ILogger<NodeGreeter> logger, NodeCertificates? certificates = null)
{
    /// <summary>Takes a connection that begins with <see cref="NodeGreeting.Magic"/>. Owns the socket; never throws.</summary>
    public async Task AnswerAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(TlsConnection.Limit);
        try
        {
            var peer = TlsConnection.Shown(socket.RemoteEndPoint);
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            var facts = NodeFacts.Own(cluster.Value.ClusterId);
            if (await NodeGreeting.AnswerAsync(stream, facts, certificates, peer, limit.Token).ConfigureAwait(false) is { } trouble)
                LogTrouble(trouble);

            // What is still on its way would be lost with a connection that is closed while the other end says something.
            socket.Shutdown(SocketShutdown.Send);
            while (await stream.ReadAsync(new byte[64], limit.Token).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (AuthenticationException e)
        {
            LogTrouble(e.Message);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The other node left; it is the one that wanted to know.
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Trouble}")]
    private partial void LogTrouble(string trouble);
}
