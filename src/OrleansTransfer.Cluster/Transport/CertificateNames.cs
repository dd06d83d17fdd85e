using System.Security.Cryptography.X509Certificates;

namespace OrleansTransfer.Cluster.Transport;

/// <summary>What a certificate is for: its subject alternative names, which clients compare with the address that they use.</summary>
public static class CertificateNames
{
    /// <summary>Names of hosts, then IP addresses; empty where it has none.</summary>
    public static IReadOnlyList<string> Of(X509Certificate2 certificate) =>
        [.. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(names => names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(address => $"{address}")))];
}
