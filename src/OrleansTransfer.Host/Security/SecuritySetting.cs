using System.Globalization;
using OrleansTransfer.Cluster.Transport;
using OrleansTransfer.Gateway.Access;
using OrleansTransfer.Host.Configuration;

namespace OrleansTransfer.Host.Security;

/// <summary>One security option of a node: the part of <see cref="NodeSetting.All"/> that is about who may do what.</summary>
/// <param name="Option">Its name on the command line.</param>
/// <param name="Variable">Its environment variable, which the command line overrides.</param>
/// <param name="Value">What its value is called; null for a switch, whose variable is 1 or 0.</param>
/// <param name="Description">What it does.</param>
/// <param name="Apply">The options with this value; throws a <see cref="NodeStartException"/> for one that cannot be.</param>
internal sealed record SecuritySetting(
    string Option, string Variable, string? Value, string Description, Func<SecurityOptions, string, SecurityOptions> Apply)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<SecuritySetting> All { get; } =
    [
        new("--api-keys", "OTX_API_KEYS", "FILE", "Keys that the API asks for (otx keys create makes the file); read again when it changes.",
            (options, value) => options with { ApiKeysFile = Path.GetFullPath(value) }),
        new("--allow-anonymous", "OTX_ALLOW_ANONYMOUS", null, "Let the API answer anybody, although others than this machine can reach it.",
            (options, value) => options with { AllowAnonymous = NodeSetting.ReadSwitch(value) }),
        new("--protect-metrics", "OTX_PROTECT_METRICS", null, "Ask for a key at /metrics, too.",
            (options, value) => options with { ProtectMetrics = NodeSetting.ReadSwitch(value) }),
        new("--jwt-authority", "OTX_JWT_AUTHORITY", "URL", "OpenID Connect issuer whose JSON web tokens the API takes besides keys.",
            (options, value) => options with { Jwt = (options.Jwt ?? new()) with { Authority = value } }),
        new("--jwt-keys", "OTX_JWT_KEYS", "FILE", "In place of the issuer's address: its public keys, a JSON web key set or PEM.",
            (options, value) => options with { Jwt = (options.Jwt ?? new()) with { KeysFile = Path.GetFullPath(value) } }),
        new("--jwt-issuer", "OTX_JWT_ISSUER", "NAME", "Issuer of the tokens (iss).",
            (options, value) => options with { Jwt = (options.Jwt ?? new()) with { Issuer = value } }),
        new("--jwt-audience", "OTX_JWT_AUDIENCE", "NAME", "Whom the tokens are meant for (aud).",
            (options, value) => options with { Jwt = (options.Jwt ?? new()) with { Audience = value } }),
        new("--jwt-role-claim", "OTX_JWT_ROLE_CLAIM", "NAME", "Claim of the tokens that holds roles (default roles).",
            (options, value) => options with { Jwt = (options.Jwt ?? new()) with { RoleClaim = value } }),
        new("--jwt-roles", "OTX_JWT_ROLES", "ROLE=VALUE,...", "Which values of it stand for viewer, operator and admin (default: themselves).",
            (options, value) => options with { Jwt = (options.Jwt ?? new()) with { Roles = value } }),
        new("--rate-limit", "OTX_RATE_LIMIT", "N",
            "Requests per second that one caller may send to the API (default 50, without keys on loopback any number; 0: any number).",
            (options, value) => options with { Limits = options.Limits with { RequestsPerSecond = Number(value, 0) } }),
        new("--max-body", "OTX_MAX_BODY", "BYTES", "Size of a request's body (default 1048576).",
            (options, value) => options with { Limits = options.Limits with { BodyBytes = Number(value, 1) } }),
        new("--audit-log", "OTX_AUDIT_LOG", "FILE", "File to which who did what over the API is appended as JSON lines.",
            (options, value) => options with { AuditFile = Path.GetFullPath(value) }),
        new("--data-roots", "OTX_DATA_ROOTS", "DIR:DIR", "Folders that recipes may read (default: all, but none where others reach the node).",
            (options, value) => options with { DataRoots = value }),
        new("--weight-hosts", "OTX_WEIGHT_HOSTS", "HOST,...", "Hosts to fetch weights from although they are on this machine or link-local.",
            (options, value) => options with { WeightHosts = value }),
        new("--https-cert", "OTX_HTTPS_CERT", "FILE", "Certificate (PEM) of the HTTP port, which speaks HTTPS then: API, health and metrics.",
            (options, value) => options with { Https = (options.Https ?? new()) with { Certificate = Path.GetFullPath(value) } }),
        new("--https-key", "OTX_HTTPS_KEY", "FILE", "Private key of that certificate (PEM).",
            (options, value) => options with { Https = (options.Https ?? new()) with { Key = Path.GetFullPath(value) } }),
        new("--tls-cert", "OTX_TLS_CERT", "FILE", "Certificate (PEM) with which this node shows itself to other nodes: turns mutual TLS on.",
            (options, value) => options with { Tls = (options.Tls ?? new()) with { Certificate = Path.GetFullPath(value) } }),
        new("--tls-key", "OTX_TLS_KEY", "FILE", "Private key of that certificate (PEM).",
            (options, value) => options with { Tls = (options.Tls ?? new()) with { Key = Path.GetFullPath(value) } }),
        new("--tls-ca", "OTX_TLS_CA", "FILE", "Authorities (PEM) that certificates of nodes and Orleans clients must come from.",
            (options, value) => options with { Tls = (options.Tls ?? new()) with { Authorities = Path.GetFullPath(value) } }),
        new("--tls-peer-name", "OTX_TLS_PEER_NAME", "NAME", "DNS name that their certificates must have (default: any of those authorities').",
            (options, value) => options with { Tls = (options.Tls ?? new()) with { PeerName = value } }),
    ];

    private static int Number(string value, int least) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least
            ? number
            : throw new NodeStartException($"'{value}' is not a whole number from {least} on.");
}
