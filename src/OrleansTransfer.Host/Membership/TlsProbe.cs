using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using OrleansTransfer.Cluster.Transport;

namespace OrleansTransfer.Host.Membership;

/// <summary>Finds out, before a silo starts, whether it and another one take each other's certificates.</summary>
internal static class TlsProbe
{
    /// <summary>Null if they do; otherwise why not, in a sentence.</summary>
    public static async Task<string?> ProblemAsync(Socket connected, NodeCertificates certificates, CancellationToken cancellationToken)
    {
        await using var tls = new SslStream(new NetworkStream(connected, ownsSocket: false));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TlsConnection.Limit);
        try
        {
            await TlsConnection.OpenAsync(tls, certificates, TlsConnection.Shown(connected.RemoteEndPoint), limit.Token);
            return null;
        }
        catch (AuthenticationException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return e.Message;
        }
    }
}
