using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using OrleansTransfer.Cluster.Transport;

namespace OrleansTransfer.Cli.Api;

/// <summary>Whether the certificate of a cluster's HTTP port is one that its user trusts, and if not, why.</summary>
/// <param name="address">The cluster's.</param>
/// <param name="authorities">Whose certificates are taken; null: those that this machine trusts.</param>
internal sealed class ServerTrust(Uri address, ClusterAuthorities? authorities)
{
    /// <summary>Why the certificate of the newest connection is not taken, in words that follow a colon; null where it is.</summary>
    public string? Refusal { get; private set; }

    /// <summary>What to do about it: a sentence.</summary>
    public string Advice { get; private set; } = "";

    /// <summary>How connections to it are made.</summary>
    public SslClientAuthenticationOptions Options()
    {
        var options = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = Takes };
        if (authorities is null) return options;
        options.CertificateChainPolicy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities.Certificates);
        return options;
    }

    private bool Takes(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        (Refusal, Advice) = (null, "");
        if (errors == SslPolicyErrors.None) return true;
        (Refusal, Advice) = certificate is X509Certificate2 shown
            ? Judge(shown, chain?.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status) ?? default)
            : ("it shows no certificate", "Check the address.");
        return false;
    }

    private (string Refusal, string Advice) Judge(X509Certificate2 shown, X509ChainStatusFlags status)
    {
        var subject = $"its certificate '{shown.Subject}'";
        if ((status & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0)
        {
            var signed = $"{subject} is signed by '{shown.Issuer}', which is";
            return authorities is null
                ? ($"{signed} no authority that this machine trusts", "Give the file of that authority with --cluster-ca (OTX_CLUSTER_CA).")
                : ($"{signed} none of the authorities in '{authorities.File}'", "Check the address and --cluster-ca (OTX_CLUSTER_CA).");
        }
        if ((status & X509ChainStatusFlags.NotTimeValid) != 0)
        {
            var (from, until) = (shown.NotBefore.ToUniversalTime(), shown.NotAfter.ToUniversalTime());
            return ($"{subject} is valid from {from:u} to {until:u}, or an authority of it has expired", "Renew it, or set this machine's clock.");
        }
        if (status != X509ChainStatusFlags.NoError) return ($"{subject} is not sound ({status})", "Issue another one.");
        var names = CertificateNames.Of(shown);
        return (
            $"{subject} is for {(names.Count == 0 ? "no name" : string.Join(", ", names))}, not for {address.Host}",
            "Use an address that it names, or issue one that names this address.");
    }
}
