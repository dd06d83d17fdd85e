using OrleansTransfer.Host.Doctor;
using OrleansTransfer.Host.Security;

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
