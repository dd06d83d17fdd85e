using OrleansTransfer.Cluster.Transport;
using OrleansTransfer.Gateway.Access;

namespace OrleansTransfer.Host.Security;

/// <summary>What keeps a node to those it is meant for.</summary>
public sealed record SecurityOptions
{
    /// <summary>File of the API's keys, which is read again when it changes; null: there are none.</summary>
    public string? ApiKeysFile { get; init; }

    /// <summary>Which JSON web tokens are taken besides keys; null: none.</summary>
    public JwtOptions? Jwt { get; init; }

    /// <summary>Lets the API of a node that others can reach answer anybody. Default false.</summary>
    public bool AllowAnonymous { get; init; }

    /// <summary>Asks for a key at <c>/metrics</c>, too. Default false.</summary>
    public bool ProtectMetrics { get; init; }

    /// <summary>How much a caller may ask for.</summary>
    public RequestLimitOptions Limits { get; init; } = new();

    /// <summary>File to which who did what is appended as JSON lines; null: it is in the log only.</summary>
    public string? AuditFile { get; init; }

    /// <summary>
    /// Folders that recipes may read from, with <see cref="Path.PathSeparator"/> between them. Null: everything where only this machine reaches the
    /// node, and nothing where others do.
    /// </summary>
    public string? DataRoots { get; init; }

    /// <summary>Hosts to fetch weights from although their addresses are loopback or link-local, with commas between them; null: none.</summary>
    public string? WeightHosts { get; init; }

    /// <summary>Mutual TLS between nodes, and for Orleans clients; null: their connections are neither encrypted nor authenticated.</summary>
    public TlsFiles? Tls { get; init; }

    /// <summary>HTTPS at the HTTP port, for API, health and metrics; null: it speaks plain HTTP.</summary>
    public HttpsFiles? Https { get; init; }
}
