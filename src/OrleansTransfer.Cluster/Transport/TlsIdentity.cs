using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace OrleansTransfer.Cluster.Transport;

/// <summary>A node's certificate and the authorities it takes others' from, as the files say at one moment.</summary>
/// <param name="Certificate">The node's own, with its private key.</param>
/// <param name="Context">The same with the certificates between it and its authority.</param>
/// <param name="Authorities">Those that others' certificates must come from.</param>
public sealed record TlsIdentity(X509Certificate2 Certificate, SslStreamCertificateContext Context, X509Certificate2Collection Authorities)
{
    /// <summary>Reads the three files.</summary>
    /// <param name="files">Their names, for messages.</param>
    /// <param name="contents">Certificate, key, authorities.</param>
    /// <param name="now">The time: a certificate that is over, or signed by an authority that nobody takes, is refused here.</param>
    /// <exception cref="FormatException">A file is not what it should be; says which and why.</exception>
    public static TlsIdentity Read(TlsFiles files, IReadOnlyList<byte[]> contents, DateTimeOffset now)
    {
        var presented = PemCertificates.Read(contents[0], files.Certificate!);
        var authorities = PemCertificates.Read(contents[2], files.Authorities!);
        var certificate = PemCertificates.WithKey(contents[0], contents[1], files.Certificate!, files.Key!);
        X509Certificate2Collection between = [.. presented.Skip(1)];
        if (PeerCheck.Problem(certificate, between, authorities, null, PeerCheck.ServerUse, now) is { } asServer)
            throw new FormatException($"The certificate '{files.Certificate}' cannot be used with '{files.Authorities}': {asServer}.");
        if (PeerCheck.Problem(certificate, between, authorities, null, PeerCheck.ClientUse, now) is { } asClient)
            throw new FormatException($"The certificate '{files.Certificate}' cannot be used with '{files.Authorities}': {asClient}.");
        return new(certificate, SslStreamCertificateContext.Create(certificate, between, offline: true), authorities);
    }
}
