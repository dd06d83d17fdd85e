using OrleansTransfer.Cluster.Transport;
using OrleansTransfer.Tests;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>A node whose HTTP port speaks HTTPS, with a certificate of an authority that the machine does not know.</summary>
public sealed class HttpsTests(DrawnLeaves leaves)
{
    [Fact]
    public async Task Commands_take_the_right_authority_alone_and_a_replaced_certificate_is_shown_without_a_restart()
    {
        using var state = new StateFolder();
        using var files = new TemporaryFolder();
        using TestAuthority authority = new(files.Path), other = new(files.Path, "other");
        var keys = files.Combine("keys.yaml");
        var key = (await OtxProcess.RunAsync("keys", "create", "--name", "alice", "--role", "operator", "--file", keys)).Expect(0).Out.Trim();
        var tls = authority.Issue("n1");
        await using var node = await TestNode.StartAsync(
            "n1", ["--devices", "cpu:1", "--state", state.Path, "--api-keys", keys, "--https-cert", tls.Certificate!, "--https-key", tls.Key!]);
        Assert.StartsWith("https://", node.Http, StringComparison.Ordinal);
        Task<OtxResult> RunAsync(string? trusted, params IEnumerable<string> command)
        {
            var variables = new Dictionary<string, string> { ["OTX_API_KEY"] = key };
            if (trusted is not null) variables["OTX_CLUSTER_CA"] = trusted;
            return OtxProcess.RunAsync(variables, [.. command, "--cluster", node.Http]);
        }

        // Who is not trusted is told, and sent nothing.
        var unknown = (await RunAsync(null, "cluster", "status")).Expect(3);
        Assert.Contains("'CN=n1' is signed by 'CN=ca', which is no authority that this machine trusts", unknown.LastError, StringComparison.Ordinal);
        Assert.Contains("--cluster-ca", unknown.LastError, StringComparison.Ordinal);
        var wrong = (await RunAsync(null, "cluster", "status", "--cluster-ca", other.Path)).Expect(3);
        Assert.Contains($"which is none of the authorities in '{other.Path}'", wrong.LastError, StringComparison.Ordinal);
        var plain = (await OtxProcess.RunAsync("cluster", "status", "--cluster", node.Http.Replace("https", "http", StringComparison.Ordinal)))
            .Expect(3);
        Assert.Contains("a node with --https-cert is at https://", plain.LastError, StringComparison.Ordinal);

        Assert.Contains("n1", (await RunAsync(null, "cluster", "status", "--cluster-ca", authority.Path)).Expect(0).Out, StringComparison.Ordinal);
        var train = (await RunAsync(authority.Path, [.. Training.SqueezeNet(leaves, epochs: 2), "--workers", "1"])).Expect(0);
        Assert.Equal("Completed", train.Json.GetProperty("state").GetString());
        Assert.Contains("epoch 2", train.Error, StringComparison.Ordinal);
        var doctor = await RunAsync(
            authority.Path, "doctor", "--devices", "none", "--state", state.Path, "--port-offset", $"{TestNode.FreeOffset()}",
            "--https-cert", tls.Certificate!, "--https-key", tls.Key!);
        Assert.Contains("'CN=n1' for n1, 127.0.0.1, valid until", doctor.Expect(0).Out, StringComparison.Ordinal);
        Assert.Contains("1 nodes, 1 devices", doctor.Out, StringComparison.Ordinal);

        // A probe of Kubernetes takes any certificate.
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        using var probe = new HttpClient(handler);
        foreach (var path in (string[])["/health/live", "/health/ready", "/metrics"])
            Assert.NotEqual("", await probe.GetStringAsync(node.Http + path, TestContext.Current.CancellationToken));

        var successor = other.Issue("n1");
        File.Copy(successor.Certificate!, tls.Certificate!, overwrite: true);
        File.Copy(successor.Key!, tls.Key!, overwrite: true);
        await Until.TrueAsync(
            () => RunAsync(other.Path, "cluster", "status").GetAwaiter().GetResult().ExitCode == 0,
            "the other authority's certificate", () => node.Process.Transcript);
        (await RunAsync(authority.Path, "cluster", "status")).Expect(3);
    }

    [Fact]
    public async Task A_node_whose_certificate_cannot_serve_does_not_start_and_says_all_that_is_wrong()
    {
        using var state = new StateFolder();
        using var files = new TemporaryFolder();
        using var authority = new TestAuthority(files.Path);
        var (tls, another) = (authority.Issue("n1"), authority.Issue("n2", until: DateTimeOffset.UtcNow.AddMinutes(-1)));
        Task<OtxResult> StartAsync(TlsFiles cert, TlsFiles key, params string[] more) => OtxProcess.RunAsync(
            ["node", "--devices", "cpu:1", "--state", state.Path, "--port-offset", $"{TestNode.FreeOffset()}",
                "--https-cert", cert.Certificate!, "--https-key", key.Key!, .. more]);

        var refused = (await StartAsync(tls, another, "--name", "a b", "--api-keys", files.Combine("nowhere.yaml"))).Expect(2);
        foreach (var problem in (string[])[
            "error: 3 options of the node are wrong.", "'a b' cannot name a node", "nowhere.yaml' cannot be read",
            "is not the private key, without a password, of the certificate in"])
        {
            Assert.Contains(problem, refused.Error, StringComparison.Ordinal);
        }
        Assert.Contains("'CN=n2' expired at ", (await StartAsync(another, another)).Expect(2).LastError, StringComparison.Ordinal);
    }
}
