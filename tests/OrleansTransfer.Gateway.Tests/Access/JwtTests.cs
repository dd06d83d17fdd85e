using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Gateway.Access;

namespace OrleansTransfer.Gateway.Tests.Access;

/// <summary>JSON web tokens of an issuer whose keys are in a file.</summary>
public sealed class JwtTests : IDisposable
{
    private const string Issuer = "https://issuer.example", Audience = "orleanstransfer";

    private readonly KeysFile _files = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private JwtOptions Options => new() { KeysFile = _files.In("issuer.pem"), Issuer = Issuer, Audience = Audience };

    public JwtTests() => File.WriteAllText(_files.In("issuer.pem"), _key.ExportSubjectPublicKeyInfoPem());

    public void Dispose()
    {
        _key.Dispose();
        _files.Dispose();
    }

    [Fact]
    public async Task A_token_may_do_what_its_roles_are_for_beside_keys()
    {
        var apiKey = _files.Add("alice", ApiRole.Viewer);
        await using var server = await ApiServer.StartAsync(new() { KeysFile = _files.Path, Jwt = Options });

        Assert.Equal(HttpStatusCode.OK, (await GetAsync(server, Signed(_key, roles: "viewer"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(server, apiKey)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await PostAsync(server, Signed(_key, roles: "viewer"))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await PostAsync(server, Signed(_key, roles: "something operator"))).Status);
        var (status, message) = await GetAsync(server, Signed(_key, roles: "guest"));
        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.Contains("The token of 'carol' gives no role: its claim 'roles' has none of viewer, operator, admin", message);
    }

    [Fact]
    public async Task A_token_of_no_use_is_refused_with_the_reason()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await using var server = await ApiServer.StartAsync(new() { Jwt = Options });
        var good = Signed(_key, roles: "admin");
        // The middle of a token says what it claims.
        var forged = string.Join('.', good.Split('.')[0], Signed(_key, roles: "viewer").Split('.')[1], good.Split('.')[2]);
        foreach (var (token, expected) in new[]
        {
            (Signed(_key, expires: DateTime.UtcNow.AddMinutes(-10)), "it expired at "),
            (Signed(_key, issuer: "https://evil.example"), "another issuer made it"),
            (Signed(_key, audience: "another"), "meant for another program"),
            (Signed(other), "sign"),
            (forged, "sign"),
            (good.Split('.')[0] + ".", "cannot be read"),
            (Unsigned(), "signature"),
            ("", "The header Authorization"),
        })
        {
            var (status, message) = await GetAsync(server, token);
            Assert.Equal(HttpStatusCode.Unauthorized, status);
            Assert.Contains(expected, message);
        }
        var without = await server.Http.GetAsync("experiments", Token);
        Assert.Contains("JSON web token", await without.Content.ReadAsStringAsync(Token));
        Assert.DoesNotContain(good.Split('.')[2], server.Log.Text);
    }

    [Fact]
    public async Task Roles_go_by_the_names_that_the_issuer_has_for_them()
    {
        await using var server = await ApiServer.StartAsync(new()
        {
            Jwt = Options with { RoleClaim = "groups", Roles = "viewer=everyone,operator=ml-team" },
        });

        Assert.Equal(HttpStatusCode.NotFound, (await PostAsync(server, Signed(_key, roles: new[] { "everyone", "ml-team" }, claim: "groups"))).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await PostAsync(server, Signed(_key, roles: new[] { "everyone" }, claim: "groups"))).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(server, Signed(_key, roles: new[] { "admin" }, claim: "groups"))).Status);
    }

    [Fact]
    public async Task Keys_of_the_issuer_rotate_without_a_restart_and_may_be_a_key_set()
    {
        using var renewed = RSA.Create(2048);
        await using var server = await ApiServer.StartAsync(new() { Jwt = Options });
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(server, Signed(_key, roles: "viewer"))).Status);

        var jwk = JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(renewed.ExportParameters(false)) { KeyId = "2027" });
        await File.WriteAllTextAsync(
            _files.In("issuer.pem"), $$"""{"keys":[{"kty":"RSA","use":"sig","kid":"2027","n":"{{jwk.N}}","e":"{{jwk.E}}"}]}""", Token);
        foreach (var files in server.Services.GetServices<IWatchedFiles>()) files.Refresh(NullLogger.Instance);

        var signed = Signed(new SigningCredentials(new RsaSecurityKey(renewed) { KeyId = "2027" }, SecurityAlgorithms.RsaSha256), roles: "viewer");
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(server, signed)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(server, Signed(_key, roles: "viewer"))).Status);
    }

    [Fact]
    public void Options_that_leave_something_open_are_refused()
    {
        foreach (var (options, expected) in new[]
        {
            (Options with { Audience = null }, "--jwt-audience"),
            (Options with { Issuer = null }, "--jwt-issuer"),
            (Options with { KeysFile = null }, "--jwt-authority"),
            (Options with { Authority = Issuer }, "give one of them"),
            (Options with { KeysFile = null, Authority = "http://issuer.example" }, "https://"),
            (Options with { Roles = "boss=x" }, "'boss=x'"),
            (Options with { KeysFile = _files.Path }, "neither a JSON web key set nor"),
            (Options with { KeysFile = _files.In("private.pem") }, "private key"),
        })
        {
            File.WriteAllText(_files.In("private.pem"), _key.ExportPkcs8PrivateKeyPem());
            Assert.Contains(
                expected,
                Assert.Throws<FormatException>(() => new ServiceCollection().AddApiAccess(new() { Jwt = options }, TimeProvider.System)).Message);
        }
    }

    private static string Signed(
        ECDsa key, string issuer = Issuer, string audience = Audience, DateTime? expires = null, object? roles = null, string claim = "roles") =>
        Signed(new SigningCredentials(new ECDsaSecurityKey(key), SecurityAlgorithms.EcdsaSha256), issuer, audience, expires, roles, claim);

    private static string Signed(
        SigningCredentials credentials, string issuer = Issuer, string audience = Audience, DateTime? expires = null, object? roles = null,
        string claim = "roles") => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer,
            Audience = audience,
            NotBefore = DateTime.UtcNow.AddHours(-1),
            IssuedAt = DateTime.UtcNow.AddHours(-1),
            Expires = expires ?? DateTime.UtcNow.AddHours(1),
            Claims = new Dictionary<string, object> { ["sub"] = "carol", [claim] = roles ?? "viewer" },
            SigningCredentials = credentials,
        });

    // "alg": "none".
    private static string Unsigned() => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Issuer = Issuer,
        Audience = Audience,
        Expires = DateTime.UtcNow.AddHours(1),
        Claims = new Dictionary<string, object> { ["sub"] = "carol", ["roles"] = "admin" },
    });

    private static Task<(HttpStatusCode Status, string Message)> GetAsync(ApiServer server, string token) =>
        SendAsync(server, HttpMethod.Get, "experiments", token);

    // Nobody has this experiment: whoever may cancel hears so.
    private static Task<(HttpStatusCode Status, string Message)> PostAsync(ApiServer server, string token) =>
        SendAsync(server, HttpMethod.Post, "experiments/roses/cancel", token);

    private static async Task<(HttpStatusCode Status, string Message)> SendAsync(ApiServer server, HttpMethod method, string path, string token)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        using var response = await server.Http.SendAsync(request, Token);
        return (response.StatusCode, (await response.Content.ReadAsStringAsync(Token)).Replace(@"\u0027", "'", StringComparison.Ordinal));
    }
}
