using System.Net.Security;
using System.Security.Cryptography;
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
        var (certificatePem, keyPem, authoritiesPem) = (Text(contents[0]), Text(contents[1]), Text(contents[2]));
        var presented = Import(certificatePem, files.Certificate!);
        var authorities = Import(authoritiesPem, files.Authorities!);
        X509Certificate2 certificate;
        try
        {
            certificate = X509Certificate2.CreateFromPem(certificatePem, keyPem);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new FormatException($"'{files.Key}' is not the private key, without a password, of the certificate in '{files.Certificate}'.", e);
        }
        X509Certificate2Collection between = [.. presented.Skip(1)];
        if (PeerCheck.Problem(certificate, between, authorities, null, PeerCheck.ServerUse, now) is { } asServer)
            throw new FormatException($"The certificate '{files.Certificate}' cannot be used with '{files.Authorities}': {asServer}.");
        if (PeerCheck.Problem(certificate, between, authorities, null, PeerCheck.ClientUse, now) is { } asClient)
            throw new FormatException($"The certificate '{files.Certificate}' cannot be used with '{files.Authorities}': {asClient}.");
        return new(certificate, SslStreamCertificateContext.Create(certificate, between, offline: true), authorities);

        static string Text(byte[] bytes) => System.Text.Encoding.UTF8.GetString(bytes);
    }

    private static X509Certificate2Collection Import(string pem, string path)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw new FormatException($"'{path}' cannot be read as certificates in PEM.", e);
        }
        return found.Count > 0 ? found : throw new FormatException($"'{path}' holds no certificate in PEM.");
    }
}
