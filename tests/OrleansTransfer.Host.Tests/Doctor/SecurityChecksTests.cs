using OrleansTransfer.Gateway.Access;
using OrleansTransfer.Host.Doctor;
using OrleansTransfer.Host.Security;
using OrleansTransfer.Tests;

namespace OrleansTransfer.Host.Tests.Doctor;

public sealed class SecurityChecksTests : IDisposable
{
    private readonly StateFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_node_on_loopback_needs_nothing() =>
        Assert.Equal((CheckState.Ok, "this machine alone, without keys; no mutual TLS between nodes"), Make(new()));

    [Fact]
    public void What_would_keep_a_node_from_starting_is_found()
    {
        Assert.StartsWith("At 10.0.0.7 the API of this node would answer anybody", Failure(new(), "10.0.0.7"), StringComparison.Ordinal);
        Assert.Contains("cannot be read", Failure(new() { ApiKeysFile = In("nowhere.yaml") }), StringComparison.Ordinal);
        Assert.Contains("--jwt-audience is missing", Failure(new() { Jwt = new() { Authority = "https://login.example" } }), StringComparison.Ordinal);
        Assert.Contains("takes three files", Failure(new() { Tls = new() { Certificate = In("tls.crt") } }), StringComparison.Ordinal);
        Assert.Contains("not an absolute path", Failure(new() { DataRoots = "data" }), StringComparison.Ordinal);
        Assert.Contains("cannot be written", Failure(new() { AuditFile = In("no/such/folder") }), StringComparison.Ordinal);
        Assert.Contains("takes two files", Failure(new() { Https = new() { Certificate = In("tls.crt") } }), StringComparison.Ordinal);

        var two = SecurityChecks.Make(new() { Security = new() { ApiKeysFile = In("nowhere.yaml"), DataRoots = "data" } });
        Assert.Equal(2, two.Count(result => result.State == CheckState.Failed));
    }

    [Fact]
    public void Keys_that_cross_a_network_in_the_clear_are_a_warning()
    {
        var keys = In("keys.yaml");
        File.WriteAllText(keys, ApiKeyFile.Format([], json: false));

        Assert.Equal(CheckState.Ok, Make(new() { ApiKeysFile = keys }).State);
        var (state, found) = Make(new() { ApiKeysFile = keys }, "10.0.0.7");
        Assert.Equal(CheckState.Warning, state);
        Assert.Contains("keys cross the network unencrypted", found, StringComparison.Ordinal);
    }

    [Fact]
    public void The_certificate_of_the_API_is_shown_and_told_when_it_ends_soon()
    {
        using var authority = new TestAuthority(_folder.Path);

        var (good, soon) = (OfCertificate(TimeSpan.FromDays(15)), OfCertificate(TimeSpan.FromDays(13)));

        Assert.Equal(CheckState.Ok, good.State);
        Assert.StartsWith("'CN=otx.example' for otx.example, 127.0.0.1, valid until ", good.Found, StringComparison.Ordinal);
        Assert.Equal((CheckState.Warning, true), (soon.State, soon.Fix!.StartsWith("Renew it", StringComparison.Ordinal)));

        CheckResult OfCertificate(TimeSpan left)
        {
            var files = authority.Issue("otx.example", until: DateTimeOffset.UtcNow + left);
            var https = new HttpsFiles { Certificate = files.Certificate, Key = files.Key };
            return Assert.Single(SecurityChecks.Make(new() { Security = new() { Https = https } }), result => result.Name == "https");
        }
    }

    private string In(string name) => Path.Combine(_folder.Path, name);

    private static string Failure(SecurityOptions security, string? advertise = null)
    {
        var (state, found) = Make(security, advertise);
        Assert.Equal(CheckState.Failed, state);
        return found;
    }

    private static (CheckState State, string Found) Make(SecurityOptions security, string? advertise = null)
    {
        var result = Assert.Single(SecurityChecks.Make(new() { Security = security, Advertise = advertise }));
        return (result.State, result.Found);
    }
}
