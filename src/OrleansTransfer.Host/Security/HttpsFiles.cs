namespace OrleansTransfer.Host.Security;

/// <summary>What HTTPS at a node's HTTP port needs, in files of PEM that are read again when they change.</summary>
public sealed record HttpsFiles
{
    /// <summary>
    /// The certificate for the names and addresses under which clients reach the node, followed by those between it and its authority, if any.
    /// </summary>
    public string? Certificate { get; init; }

    /// <summary>Its private key, without a password.</summary>
    public string? Key { get; init; }
}
