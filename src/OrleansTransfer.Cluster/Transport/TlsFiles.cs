namespace OrleansTransfer.Cluster.Transport;

/// <summary>What mutual TLS between nodes needs, in files of PEM that are read again when they change.</summary>
public sealed record TlsFiles
{
    /// <summary>
    /// The node's certificate, followed by those between it and an authority, if any. It must serve both as a server's and as a client's.
    /// </summary>
    public string? Certificate { get; init; }

    /// <summary>Its private key, without a password.</summary>
    public string? Key { get; init; }

    /// <summary>
    /// The authorities that certificates of nodes and clients must come from. They should issue for this cluster only: whoever has a certificate of
    /// theirs is a node. While authorities change, the file holds the old and the new.
    /// </summary>
    public string? Authorities { get; init; }

    /// <summary>A DNS name that every node's and client's certificate must have; null: any certificate of the authorities will do.</summary>
    public string? PeerName { get; init; }
}
