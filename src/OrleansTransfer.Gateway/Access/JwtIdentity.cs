using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using OrleansTransfer.Cluster.Hosting;

namespace OrleansTransfer.Gateway.Access;

/// <summary>Tells who sent a JSON web token.</summary>
internal sealed class JwtIdentity
{
    private const string Scheme = "jwt";
    private static readonly TimeSpan s_clockSkew = TimeSpan.FromMinutes(1);

    private readonly JwtOptions _options;
    private readonly JwtRoles _roles;

    /// <exception cref="FormatException">The options contradict each other, or the file of keys cannot be read.</exception>
    public JwtIdentity(JwtOptions options)
    {
        (_options, _roles) = (options, new(options));
        if (options.Audience is null)
            throw new FormatException("--jwt-audience is missing: tokens that were issued for other programs must not work here.");
        if (options is { Authority: null, KeysFile: null } or { Authority: not null, KeysFile: not null })
            throw new FormatException("The keys of JSON web tokens come from --jwt-authority or from --jwt-keys: give one of them.");
        if (options.Authority is { } authority && !IsSafe(authority))
            throw new FormatException($"--jwt-authority: '{authority}' is not an https:// address.");
        if (options is { KeysFile: not null, Issuer: null })
            throw new FormatException("--jwt-keys needs --jwt-issuer: who must have issued a token.");
        if (options.KeysFile is { } path) Files = new([path], contents => Read(Encoding.UTF8.GetString(contents[0]), path));
    }

    /// <summary>The file of keys; null where the authority has them.</summary>
    public WatchedFiles<IReadOnlyList<SecurityKey>>? Files { get; }

    /// <summary>Adds what checks tokens.</summary>
    public void Register(IServiceCollection services)
    {
        services.AddAuthentication().AddJwtBearer(Scheme, Configure);
        // Nothing here is protected by keys of this machine's own; this would make some and write them into its user's home.
        if (services.FirstOrDefault(service => service.ImplementationType?.Name == "DataProtectionHostedService") is { } keys) services.Remove(keys);
    }

    /// <summary>Who sent the token of a request, or why it is of no use.</summary>
    public async Task<Identification> IdentifyAsync(HttpContext context)
    {
        var result = await context.AuthenticateAsync(Scheme);
        if (result.Principal is not { } principal) return Identification.Refused($"The token is of no use: {Explain(result.Failure)}.");
        var name = principal.Identity?.Name ?? "";
        if (name.Length == 0) return Identification.Refused("The token is of no use: it has no subject (claim 'sub').");
        return _roles.Of(principal.Claims) is { } role
            ? new Caller("token", name, null, role)
            : Identification.Refused($"The token of '{name}' gives no role: {_roles.Lacking}.");
    }

    private void Configure(JwtBearerOptions jwt)
    {
        jwt.Authority = _options.Authority;
        jwt.RequireHttpsMetadata = _options.Authority?.StartsWith("https:", StringComparison.OrdinalIgnoreCase) != false;
        jwt.MapInboundClaims = false;
        jwt.TokenValidationParameters = new()
        {
            ValidIssuer = _options.Issuer,
            ValidAudience = _options.Audience,
            NameClaimType = "sub",
            ClockSkew = s_clockSkew,
            RequireExpirationTime = true,
            IssuerSigningKeyResolver = Files is { } files ? (_, _, _, _) => files.Current : null,
        };
        // API keys are none of its business.
        jwt.Events = new()
        {
            OnMessageReceived = message =>
            {
                var header = message.Request.Headers.Authorization.ToString();
                if (header.StartsWith($"Bearer {ApiKey.Prefix}", StringComparison.Ordinal)) message.NoResult();
                return Task.CompletedTask;
            },
        };
    }

    private static bool IsSafe(string authority) =>
        Uri.TryCreate(authority, UriKind.Absolute, out var uri) && (uri.Scheme == "https" || (uri.Scheme == "http" && uri.IsLoopback));

    private static string Explain(Exception? failure) => failure switch
    {
        SecurityTokenExpiredException expired => $"it expired at {new DateTimeOffset(expired.Expires, TimeSpan.Zero):u}",
        SecurityTokenNotYetValidException early => $"it is valid only from {new DateTimeOffset(early.NotBefore, TimeSpan.Zero):u} on",
        SecurityTokenInvalidIssuerException => "another issuer made it (claim 'iss')",
        SecurityTokenInvalidAudienceException => "it is meant for another program (claim 'aud')",
        SecurityTokenNoExpirationException => "it never expires (claim 'exp' is missing)",
        SecurityTokenSignatureKeyNotFoundException => "it is signed by a key that its issuer does not publish",
        SecurityTokenInvalidSignatureException => "its signature is wrong",
        InvalidOperationException => "the keys of its issuer cannot be had",
        null => "it is none",
        _ => "it cannot be read as a signed JSON web token",
    };

    private static IReadOnlyList<SecurityKey> Read(string text, string path)
    {
        try
        {
            if (!text.Contains("-----BEGIN", StringComparison.Ordinal))
            {
                var keys = new JsonWebKeySet(text).GetSigningKeys();
                return keys.Count > 0 ? [.. keys] : throw new FormatException($"'{path}' has no key that checks signatures.");
            }
            if (text.Contains("PRIVATE KEY", StringComparison.Ordinal))
                throw new FormatException($"'{path}' has a private key; the public one belongs there.");
            try
            {
                var ecdsa = ECDsa.Create();
                ecdsa.ImportFromPem(text);
                return [new ECDsaSecurityKey(ecdsa)];
            }
            catch (Exception e) when (e is CryptographicException or ArgumentException)
            {
                var rsa = RSA.Create();
                rsa.ImportFromPem(text);
                return [new RsaSecurityKey(rsa)];
            }
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            throw new FormatException($"'{path}' is neither a JSON web key set nor a public RSA or EC key in PEM.", e);
        }
    }
}
