using System.Security.Cryptography.X509Certificates;

namespace OrleansTransfer.Cli;

/// <summary>What a command shows to a cluster's API, and which one it takes for it.</summary>
internal sealed record ApiAccess
{
    /// <summary>Key of the API (or a JSON web token); null: none is sent.</summary>
    public string? Key { get; init; }

    /// <summary>Whose certificates are taken; null: those that this machine trusts.</summary>
    public ClusterAuthorities? Authorities { get; init; }
}

/// <summary>Authorities of the certificates that a cluster's nodes show at their HTTP ports.</summary>
/// <param name="File">Where they are, absolute.</param>
/// <param name="Certificates">They.</param>
/// <param name="Given">Whether the command line names the file: commands to type next must then repeat it.</param>
internal sealed record ClusterAuthorities(string File, X509Certificate2Collection Certificates, bool Given);
