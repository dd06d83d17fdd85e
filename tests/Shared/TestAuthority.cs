using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansTransfer.Cluster.Transport;

namespace OrleansTransfer.Tests;

/// <summary>A certificate authority of a test's own, which writes what it issues into files.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly string _folder;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;

    /// <param name="folder">Where files are written; it exists.</param>
    /// <param name="name">Its name, also of its file.</param>
    public TestAuthority(string folder, string name = "ca")
    {
        (_folder, Name) = (folder, name);
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddYears(-1), DateTimeOffset.UtcNow.AddYears(1));
        Path = System.IO.Path.Combine(folder, $"{name}.pem");
        File.WriteAllText(Path, Pem);
    }

    public string Name { get; }

    /// <summary>Its certificate's file.</summary>
    public string Path { get; }

    /// <summary>Its certificate.</summary>
    public string Pem => _certificate.ExportCertificatePem();

    /// <summary>Issues a certificate and returns the files of a node that takes those of the same authority.</summary>
    /// <param name="name">Its name, also as a DNS name and of its files.</param>
    /// <param name="from">From when on it is valid; default yesterday.</param>
    /// <param name="until">Until when; default in a month.</param>
    /// <param name="uses">Extended key usages; default server and client.</param>
    public TlsFiles Issue(string name, DateTimeOffset? from = null, DateTimeOffset? until = null, params string[] uses)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, false));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [.. (uses.Length > 0 ? uses : ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]).Select(use => new Oid(use))], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(
            _certificate, from ?? DateTimeOffset.UtcNow.AddDays(-1), until ?? DateTimeOffset.UtcNow.AddDays(30), RandomNumberGenerator.GetBytes(8));
        var files = new TlsFiles
        {
            Certificate = System.IO.Path.Combine(_folder, $"{Name}-{name}.crt"),
            Key = System.IO.Path.Combine(_folder, $"{Name}-{name}.key"),
            Authorities = Path,
        };
        File.WriteAllText(files.Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(files.Key, key.ExportPkcs8PrivateKeyPem());
        return files;
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
    }
}
