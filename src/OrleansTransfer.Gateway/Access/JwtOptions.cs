namespace OrleansTransfer.Gateway.Access;

/// <summary>Which JSON web tokens are taken as bearer tokens beside API keys.</summary>
public sealed record JwtOptions
{
    /// <summary>URL of the OpenID Connect issuer, which publishes its keys; null: <see cref="KeysFile"/> has them.</summary>
    public string? Authority { get; init; }

    /// <summary>A JSON web key set (RFC 7517) or a public key in PEM, read again when it changes; null: <see cref="Authority"/> has them.</summary>
    public string? KeysFile { get; init; }

    /// <summary>Who must have issued a token, its claim <c>iss</c>; null takes what <see cref="Authority"/> says.</summary>
    public string? Issuer { get; init; }

    /// <summary>Whom a token must be meant for, its claim <c>aud</c>. Needed: an issuer's tokens for other programs must not work here.</summary>
    public string? Audience { get; init; }

    /// <summary>The claim that holds roles, a list or words with spaces between them. Default <c>roles</c>.</summary>
    public string RoleClaim { get; init; } = "roles";

    /// <summary>
    /// <c>operator=ml-team,admin=ml-admins</c>: which values of the claim stand for which role; null: <c>viewer</c>, <c>operator</c> and <c>admin</c>
    /// stand for themselves.
    /// </summary>
    public string? Roles { get; init; }
}
