using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Cluster.Transport;

namespace OrleansTransfer.Host.Security;

/// <summary>
/// The certificate that a node's HTTP port shows. Connections that exist stay when the files change; new ones are shown what the files hold then.
/// </summary>
internal sealed class HttpsCertificate
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";

    /// <summary>Reads the files.</summary>
    /// <exception cref="FormatException">A file is missing or not what it should be, or the certificate is over; says which and why.</exception>
    public HttpsCertificate(HttpsFiles files, TimeProvider time)
    {
        if (files is not { Certificate: { } certificate, Key: { } key })
            throw new FormatException("HTTPS takes two files: --https-cert and --https-key.");
        if (OperatingSystem.IsWindows()) throw new FormatException("HTTPS works on Linux and macOS.");
        Files = new([certificate, key], contents => Read(contents, certificate, key, time.GetUtcNow()));
    }

    /// <summary>The files, as what a connection is shown.</summary>
    public WatchedFiles<SslStreamCertificateContext> Files { get; }

    /// <summary>The certificate that is shown now.</summary>
    public X509Certificate2 Current => Files.Current.TargetCertificate;

    /// <summary>Has a listener speak HTTPS, and nothing else.</summary>
    public void Protect(ListenOptions listener) => listener.UseHttps(new TlsHandshakeCallbackOptions
    {
        OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = Files.Current,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowRenegotiation = false,
        }),
    });

    private static SslStreamCertificateContext Read(IReadOnlyList<byte[]> contents, string certificatePath, string keyPath, DateTimeOffset now)
    {
        var presented = PemCertificates.Read(contents[0], certificatePath);
        var certificate = PemCertificates.WithKey(contents[0], contents[1], certificatePath, keyPath);
        if (Problem(certificate, now) is { } problem)
            throw new FormatException($"The certificate '{certificatePath}' cannot be used for HTTPS: {problem}.");
        return SslStreamCertificateContext.Create(certificate, [.. presented.Skip(1)], offline: true);
    }

    private static string? Problem(X509Certificate2 certificate, DateTimeOffset now)
    {
        var (from, until) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        if (until < now) return $"'{certificate.Subject}' expired at {until:u}";
        if (from > now) return $"'{certificate.Subject}' is valid only from {from:u} on";
        var uses = certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault()?.EnhancedKeyUsages;
        return uses is null || uses[ServerUse] is not null ? null : $"'{certificate.Subject}' is not meant for servers";
    }
}
