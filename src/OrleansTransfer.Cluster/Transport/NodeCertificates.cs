using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansTransfer.Cluster.Hosting;

namespace OrleansTransfer.Cluster.Transport;

/// <summary>
/// Mutual TLS as one node speaks it: what it shows and what it takes. Connections that exist stay when files change; new ones follow what the files
/// say then.
/// </summary>
public sealed class NodeCertificates
{
    private const string NoName = "orleanstransfer";

    private readonly TlsFiles _files;
    private readonly TimeProvider _time;

    /// <summary>Reads the files.</summary>
    /// <exception cref="FormatException">A file is missing or not what it should be, or the certificate is over; says which and why.</exception>
    public NodeCertificates(TlsFiles files, TimeProvider time)
    {
        (_files, _time) = (files, time);
        if (files is not { Certificate: { } certificate, Key: { } key, Authorities: { } authorities })
            throw new FormatException("Mutual TLS takes three files: --tls-cert, --tls-key and --tls-ca.");
        if (OperatingSystem.IsWindows()) throw new FormatException("Mutual TLS between nodes works on Linux and macOS.");
        Files = new([certificate, key, authorities], contents => TlsIdentity.Read(files, contents, time.GetUtcNow()));
    }

    /// <summary>The files.</summary>
    public WatchedFiles<TlsIdentity> Files { get; }

    /// <summary>Options of one connection that this node takes.</summary>
    /// <param name="refuse">Is told why a certificate is not taken.</param>
    internal SslServerAuthenticationOptions Server(Action<string> refuse) => new()
    {
        ServerCertificateContext = Files.Current.Context,
        ClientCertificateRequired = true,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = (_, peer, chain, _) => Takes(peer, chain, PeerCheck.ClientUse, refuse),
        // What was resumed would not be checked again.
        AllowTlsResume = false,
        AllowRenegotiation = false,
    };

    /// <summary>Options of one connection that this node opens.</summary>
    /// <param name="refuse">Is told why a certificate is not taken.</param>
    internal SslClientAuthenticationOptions Client(Action<string> refuse) => new()
    {
        TargetHost = _files.PeerName ?? NoName,
        ClientCertificateContext = Files.Current.Context,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = (_, peer, chain, _) => Takes(peer, chain, PeerCheck.ServerUse, refuse),
        AllowTlsResume = false,
        AllowRenegotiation = false,
    };

    private bool Takes(X509Certificate? peer, X509Chain? chain, Oid use, Action<string> refuse)
    {
        X509Certificate2Collection between = [.. chain?.ChainElements.Skip(1).Select(element => element.Certificate) ?? []];
        if (chain is not null) between.AddRange(chain.ChainPolicy.ExtraStore);
        var problem = PeerCheck.Problem(peer as X509Certificate2, between, Files.Current.Authorities, _files.PeerName, use, _time.GetUtcNow());
        if (problem is not null) refuse(problem);
        return problem is null;
    }
}
