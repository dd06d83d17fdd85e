using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansTransfer.Cluster.Transport;

/// <summary>Whether another node's certificate is one that this node takes.</summary>
internal static class PeerCheck
{
    /// <summary>Extended key usages (RFC 5280, 4.2.1.12); a certificate without any may be used for all.</summary>
    public static readonly Oid ServerUse = new("1.3.6.1.5.5.7.3.1"), ClientUse = new("1.3.6.1.5.5.7.3.2");

    /// <summary>Why a certificate is not taken, in words that follow its holder's name and a colon; null where it is.</summary>
    /// <param name="certificate">The certificate; null if none was shown.</param>
    /// <param name="between">Those that came along with it.</param>
    /// <param name="authorities">Those that it must come from.</param>
    /// <param name="name">A DNS name that it must have; null: none.</param>
    /// <param name="use">What it is used for.</param>
    /// <param name="now">The time.</param>
    public static string? Problem(
        X509Certificate2? certificate,
        X509Certificate2Collection between,
        X509Certificate2Collection authorities,
        string? name,
        Oid use,
        DateTimeOffset now)
    {
        if (certificate is null) return "it showed no certificate";
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.ExtraStore.AddRange(between);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(use);
        chain.ChainPolicy.VerificationTime = now.LocalDateTime;
        var shown = $"'{certificate.Subject}'";
        if (!chain.Build(certificate))
        {
            var status = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);
            if ((status & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0)
                return $"{shown} is signed by '{certificate.Issuer}', which is none of the authorities";
            if (certificate.NotAfter.ToUniversalTime() < now) return $"{shown} expired at {certificate.NotAfter.ToUniversalTime():u}";
            if (certificate.NotBefore.ToUniversalTime() > now) return $"{shown} is valid only from {certificate.NotBefore.ToUniversalTime():u} on";
            if ((status & X509ChainStatusFlags.NotTimeValid) != 0) return $"an authority of {shown} has expired";
            if ((status & X509ChainStatusFlags.NotValidForUsage) != 0)
                return $"{shown} is not meant for {(use.Value == ServerUse.Value ? "servers" : "clients")}: nodes need both uses";
            return $"{shown} is not sound ({status})";
        }
        return name is null || certificate.MatchesHostname(name, allowWildcards: true, allowCommonName: false)
            ? null
            : $"{shown} has not the DNS name '{name}'";
    }
}
