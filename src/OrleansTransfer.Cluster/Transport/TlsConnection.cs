using System.Net;
using System.Net.Security;
using System.Security.Authentication;

namespace OrleansTransfer.Cluster.Transport;

/// <summary>The handshake of a connection between nodes, the same on all kinds of connections.</summary>
public static class TlsConnection
{
    /// <summary>How long a handshake may take.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    // With TLS 1.3 the end that opens a connection is through before the other has looked at its certificate. One byte from there says that it has.
    private const byte Welcome = 6;

    /// <summary>Makes a connection safe, from the end that opened it.</summary>
    /// <param name="tls">Over the connection.</param>
    /// <param name="certificates">This node's.</param>
    /// <param name="peer">Who is at the other end, for the message.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="AuthenticationException">It cannot be made safe; the message is a sentence.</exception>
    public static async Task OpenAsync(SslStream tls, NodeCertificates certificates, string peer, CancellationToken cancellationToken)
    {
        string? refused = null;
        try
        {
            await tls.AuthenticateAsClientAsync(certificates.Client(reason => refused = reason), cancellationToken).ConfigureAwait(false);
            var answer = new byte[1];
            await tls.ReadExactlyAsync(answer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (IsHandshakeFailure(e))
        {
            throw new AuthenticationException(TlsTroubles.Describe(peer, outgoing: true, e, refused), e);
        }
    }

    /// <summary>
    /// Likewise, from the end that took it. False where the other end left before it had said anything, as who looks whether a port is open does.
    /// </summary>
    /// <exception cref="AuthenticationException">It cannot be made safe; the message is a sentence.</exception>
    public static async Task<bool> TakeAsync(SslStream tls, NodeCertificates certificates, string peer, CancellationToken cancellationToken)
    {
        string? refused = null;
        try
        {
            await tls.AuthenticateAsServerAsync(certificates.Server(reason => refused = reason), cancellationToken).ConfigureAwait(false);
            await tls.WriteAsync(new[] { Welcome }, cancellationToken).ConfigureAwait(false);
            await tls.FlushAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (IsHandshakeFailure(e))
        {
            if (refused is null && e is IOException or OperationCanceledException) return false;
            throw new AuthenticationException(TlsTroubles.Describe(peer, outgoing: false, e, refused), e);
        }
    }

    /// <summary>An address in a sentence.</summary>
    public static string Shown(EndPoint? endpoint) => endpoint is null ? "a node" : $"the node at {endpoint}";

    private static bool IsHandshakeFailure(Exception e) =>
        e is AuthenticationException or IOException or OperationCanceledException or InvalidOperationException or ObjectDisposedException;
}
