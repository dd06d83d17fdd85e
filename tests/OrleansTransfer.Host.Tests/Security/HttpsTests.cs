using System.Security.Cryptography.X509Certificates;
using OrleansTransfer.Cluster.Transport;
using OrleansTransfer.Host.Security;
using OrleansTransfer.Tests;

namespace OrleansTransfer.Host.Tests.Security;

/// <summary>Nodes whose HTTP port speaks HTTPS.</summary>
[Collection(Nodes.Name)]
public sealed class HttpsTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly StateFolder _state = new();
    private readonly TestAuthority _authority;

    public HttpsTests() => _authority = new(_state.Path);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _authority.Dispose();
        _state.Dispose();
    }

    [Fact]
    public async Task Everything_at_the_port_is_HTTPS_and_a_renewed_certificate_is_shown_from_then_on()
    {
        var files = Issue("n1");
        await using var node = await NodeHost.StartAsync(With(files), Token);

        Assert.StartsWith("https://127.0.0.1:", node.Http, StringComparison.Ordinal);
        Assert.Contains($"\"http\":\"{node.Http}\"", node.ReadyLine, StringComparison.Ordinal);
        foreach (var path in (string[])["/health/live", "/health/ready", "/metrics", "/api/v1/cluster"])
            Assert.Equal("CN=n1", await ShownAsync(node, path));
        using var plain = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(
            () => plain.GetAsync(node.Http.Replace("https", "http", StringComparison.Ordinal) + "/health/live", Token));

        // A key that does not belong to the certificate yet changes nothing.
        var renewed = Issue("n1-renewed");
        File.Copy(renewed.Certificate!, files.Certificate!, overwrite: true);
        Assert.Equal("CN=n1", await ShownAsync(node, "/health/live"));
        File.Copy(renewed.Key!, files.Key!, overwrite: true);
        for (var end = DateTime.UtcNow + s_patience; await ShownAsync(node, "/health/live") != "CN=n1-renewed"; await Task.Delay(100, Token))
            Assert.True(DateTime.UtcNow < end, "The renewed certificate is not shown.");
    }

    [Fact]
    public async Task What_is_wrong_with_the_files_is_said_with_everything_else_that_is_wrong()
    {
        var files = Issue("n1");
        var nowhere = Path.Combine(_state.Path, "nowhere.crt");

        Assert.Equal(
            [
                "3 options of the node are wrong.",
                "'a b' cannot name a node: a name has 1 to 63 ASCII letters, digits, '-', '_' or '.'.",
                "Mutual TLS takes three files: --tls-cert, --tls-key and --tls-ca.",
                $"'{nowhere}' cannot be read: Could not find file '{nowhere}'.",
            ],
            (await RefusedAsync(With(files with { Certificate = nowhere }, new() { Certificate = files.Certificate }) with { Name = "a b" }))
                .Split('\n'));
        var withArguments = Assert.Throws<NodeStartException>(() =>
            NodeArguments.Parse(["--https-cert", nowhere, "--https-key", files.Key!, "--role", "boss"], _ => null)).Message;
        Assert.StartsWith("2 options of the node are wrong.\n--role: 'boss'", withArguments, StringComparison.Ordinal);
        Assert.Contains(nowhere, withArguments, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_cannot_serve_is_refused()
    {
        var files = Issue("n1");
        foreach (var (wrong, expected) in ((HttpsFiles, string)[])[
            (files with { Key = null }, "HTTPS takes two files: --https-cert and --https-key."),
            (files with { Key = Issue("n2").Key }, "is not the private key, without a password, of the certificate in"),
            (files with { Certificate = files.Key }, "holds no certificate in PEM"),
            (Issue("n3", until: DateTimeOffset.UtcNow.AddMinutes(-1)), "cannot be used for HTTPS: 'CN=n3' expired at "),
            (Issue("n4", from: DateTimeOffset.UtcNow.AddHours(1)), "cannot be used for HTTPS: 'CN=n4' is valid only from "),
            (Issue("n5", uses: "1.3.6.1.5.5.7.3.2"), "cannot be used for HTTPS: 'CN=n5' is not meant for servers")])
        {
            Assert.Contains(expected, await RefusedAsync(With(wrong)), StringComparison.Ordinal);
        }
    }

    private static async Task<string> RefusedAsync(NodeOptions options) =>
        (await Assert.ThrowsAsync<NodeStartException>(() => NodeHost.StartAsync(options, Token))).Message;

    // Who answered there, over a connection of its own.
    private static async Task<string?> ShownAsync(NodeHost node, string path)
    {
        string? shown = null;
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            (shown = (certificate as X509Certificate2)?.Subject) is not null;
        using var http = new HttpClient(handler);
        using var answer = await http.GetAsync(node.Http + path, Token);
        answer.EnsureSuccessStatusCode();
        return shown;
    }

    private HttpsFiles Issue(string name, DateTimeOffset? from = null, DateTimeOffset? until = null, params string[] uses)
    {
        var issued = _authority.Issue(name, from, until, uses);
        return new() { Certificate = issued.Certificate, Key = issued.Key };
    }

    private NodeOptions With(HttpsFiles https, TlsFiles? tls = null) =>
        _state.Options with { Name = "n1", Devices = "cpu:1", Security = new() { Https = https, Tls = tls } };
}
