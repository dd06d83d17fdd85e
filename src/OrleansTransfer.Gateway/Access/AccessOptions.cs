namespace OrleansTransfer.Gateway.Access;

/// <summary>Whom the API answers.</summary>
public sealed record AccessOptions
{
    /// <summary>The keys file; null: there are no API keys. Where there are neither keys nor tokens, nobody is asked who they are.</summary>
    public string? KeysFile { get; init; }

    /// <summary>Which tokens are taken; null: none.</summary>
    public JwtOptions? Jwt { get; init; }

    /// <summary>
    /// Whether requests must name this machine as their host, and must not come from web pages of other hosts. Where nobody is asked who they are,
    /// that keeps a page in a user's browser from reaching a node on loopback. Default false.
    /// </summary>
    public bool LoopbackOnly { get; init; }

    /// <summary>Paths for which nobody is asked, besides endpoints that allow anonymous callers.</summary>
    public IReadOnlyList<string> OpenPaths { get; init; } = [];

    /// <summary>Name of the node, for the audit log.</summary>
    public string Node { get; init; } = "";

    /// <summary>File of the audit log; null: it is in the log only.</summary>
    public string? AuditFile { get; init; }

    /// <summary>How much a caller may ask for.</summary>
    public RequestLimitOptions Limits { get; init; } = new();

    /// <summary>Whether nobody is asked who they are.</summary>
    public bool Anonymous => KeysFile is null && Jwt is null;
}
