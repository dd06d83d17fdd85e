using System.Text.Json;
using OrleansTransfer.Cluster.Transport;
using OrleansTransfer.Tests;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>A cluster with keys, mutual TLS and an audit log.</summary>
public sealed class SecurityTests(DrawnLeaves leaves)
{
    [Fact]
    public async Task Nodes_with_mutual_TLS_and_keys_train_and_tell_no_secret_and_a_stranger_does_not_get_in()
    {
        using var state = new StateFolder();
        using var files = new TemporaryFolder();
        using TestAuthority authority = new(files.Path), other = new(files.Path, "other");
        var keys = files.Combine("keys.yaml");
        var alice = await KeyAsync(keys, "alice", "operator");
        var bob = await KeyAsync(keys, "bob", "viewer");
        var expired = await KeyAsync(keys, "carol", "admin");
        await File.WriteAllTextAsync(keys, (await File.ReadAllTextAsync(keys, TestContext.Current.CancellationToken)).TrimEnd()
            + "\n  expires: \"2020-01-01T00:00:00Z\"\n", TestContext.Current.CancellationToken);
        var audit = files.Combine("audit.jsonl");
        IReadOnlyList<string> Node(TlsFiles tls, params string[] more) =>
        [
            "--devices", "cpu:1", "--state", state.Path, "--api-keys", keys, "--audit-log", audit, "--protect-metrics",
            "--data-roots", Path.GetDirectoryName(leaves.Train)!,
            "--tls-cert", tls.Certificate!, "--tls-key", tls.Key!, "--tls-ca", tls.Authorities!, .. more,
        ];

        await using var first = await TestNode.StartAsync("n1", Node(authority.Issue("n1")), Training.OneThread);
        await using var second = await TestNode.StartAsync("n2", Node(authority.Issue("n2"), "--join", first.Silo), Training.OneThread);
        var stranger = await OtxProcess.RunAsync(
            ["node", "--name", "n3", "--port-offset", $"{TestNode.FreeOffset()}", .. Node(other.Issue("n3"), "--join", first.Silo)]);
        stranger.Expect(3);
        Assert.Contains(
            $"does not take the certificate of the node at {first.Silo}: 'CN=n1' is signed by 'CN=ca'",
            stranger.LastError,
            StringComparison.Ordinal);
        var over = authority.Issue("n4", from: DateTimeOffset.UtcNow.AddDays(-9), until: DateTimeOffset.UtcNow.AddDays(-1));
        var late = await OtxProcess.RunAsync(["node", "--name", "n4", "--port-offset", $"{TestNode.FreeOffset()}", .. Node(over)]);
        Assert.Contains("'CN=n4' expired at ", late.Expect(2).LastError, StringComparison.Ordinal);

        // The run takes a device of each node: their gradients meet over encrypted lanes.
        await Until.TrueAsync(
            () => NodesAsync(first, bob).GetAwaiter().GetResult() == 2, "two nodes in the cluster", () => Transcript(first, second));
        var train = (await OtxProcess.RunAsync(
            With(alice), [.. Training.SqueezeNet(leaves, epochs: 2), "--workers", "2", "--cluster", first.Http])).Expect(0);
        Assert.Equal(2, train.Json.GetProperty("workers").GetInt32());
        Assert.True(train.Json.GetProperty("steps").GetInt64() > 0);
        Assert.Equal("Completed", train.Json.GetProperty("state").GetString());
        var id = train.Json.GetProperty("experiment").GetString()!;

        // Whoever may not is told why.
        var refused = (await OtxProcess.RunAsync(With(bob), ["experiments", "resume", id, "--epochs", "9", "--cluster", first.Http])).Expect(2);
        Assert.Contains("'bob'", refused.LastError, StringComparison.Ordinal);
        Assert.Contains("asks for the role operator", refused.LastError, StringComparison.Ordinal);
        Assert.Contains(
            "expired at 2020-01-01",
            (await OtxProcess.RunAsync(With(expired), ["experiments", "list", "--cluster", first.Http])).Expect(2).LastError,
            StringComparison.Ordinal);
        Assert.Contains(
            "set OTX_API_KEY",
            (await OtxProcess.RunAsync("experiments", "list", "--cluster", first.Http)).Expect(2).LastError,
            StringComparison.Ordinal);
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, await first.StatusOfAsync("/metrics"));
        Assert.Equal(System.Net.HttpStatusCode.OK, await first.StatusOfAsync("/health/ready"));
        var outside = (await OtxProcess.RunAsync(With(alice), ["train", files.Path, "--weights", "none", "--cluster", first.Http])).Expect(2);
        Assert.Contains("--data-roots", outside.Error, StringComparison.Ordinal);

        string[] doctor =
            ["doctor", "--devices", "none", "--state", state.Path, "--port-offset", $"{TestNode.FreeOffset()}", "--cluster", first.Http];
        Assert.Contains("2 nodes, 2 devices", (await OtxProcess.RunAsync(With(bob), doctor)).Expect(0).Out, StringComparison.Ordinal);
        Assert.Contains("--api-key-file", (await OtxProcess.RunAsync(doctor)).Expect(1).Out, StringComparison.Ordinal);

        // A key that is revoked is refused without a restart.
        (await OtxProcess.RunAsync("keys", "revoke", "alice", "--file", keys)).Expect(0);
        await Until.TrueAsync(
            () => OtxProcess.RunAsync(With(alice), ["experiments", "list", "--cluster", first.Http]).GetAwaiter().GetResult().LastError
                .Contains("was revoked", StringComparison.Ordinal),
            "the revocation to be seen", () => Transcript(first, second));

        var kept = await File.ReadAllTextAsync(audit, TestContext.Current.CancellationToken);
        var events = kept.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Contains(events, one => Member(one, "caller") == "alice" && Member(one, "object") == id && Member(one, "outcome") == "done"
            && Member(one, "action") == "POST /api/v1/experiments");
        Assert.Contains(events, one => Member(one, "caller") == "bob" && Member(one, "object") == id && Member(one, "outcome") == "refused");

        // Every log, and everything that was said: no key, and no private one.
        var said = string.Join('\n', Transcript(first, second), kept, train.Error, train.Out, refused.Error, stranger.Error, outside.Error);
        var secrets = new[] { alice, bob, expired }.Select(key => key[^43..])
            .Concat(Directory.GetFiles(files.Path, "*.key").Select(file => File.ReadAllLines(file)[1]));
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, said, StringComparison.Ordinal));
        Assert.All(
            Directory.GetFiles(state.Path, "*", SearchOption.AllDirectories),
            file => Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(alice[^43..]))));
    }

    [Fact]
    public async Task A_node_at_an_address_of_the_network_starts_only_with_keys()
    {
        using var state = new StateFolder();
        var address = System.Net.Dns.GetHostAddresses(System.Net.Dns.GetHostName()).Concat(Interfaces())
            .FirstOrDefault(one => one.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && !System.Net.IPAddress.IsLoopback(one));
        Assert.SkipWhen(address is null, "This machine has no address besides loopback.");
        string[] node = ["node", "--devices", "none", "--state", state.Path, "--advertise", $"{address}"];

        var refused = (await OtxProcess.RunAsync([.. node, "--port-offset", $"{TestNode.FreeOffset()}"])).Expect(2);
        Assert.Contains($"At {address} the API of this node would answer anybody", refused.LastError, StringComparison.Ordinal);

        await using var open = OtxProcess.Start([.. node, "--port-offset", $"{TestNode.FreeOffset()}", "--allow-anonymous"]);
        await open.WaitForLineAsync(line => line.StartsWith('{'));
    }

    private static IEnumerable<System.Net.IPAddress> Interfaces() => System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(one => one.GetIPProperties().UnicastAddresses).Select(one => one.Address);

    private static async Task<string> KeyAsync(string file, string name, string role) =>
        (await OtxProcess.RunAsync("keys", "create", "--name", name, "--role", role, "--file", file)).Expect(0).Out.Trim();

    private static async Task<int> NodesAsync(TestNode node, string key)
    {
        var status = await OtxProcess.RunAsync(With(key), ["cluster", "status", "-o", "json", "--cluster", node.Http]);
        return status.ExitCode == 0 ? status.Json.GetProperty("nodes").GetArrayLength() : 0;
    }

    private static IReadOnlyDictionary<string, string> With(string key) => new Dictionary<string, string> { ["OTX_API_KEY"] = key };

    private static string? Member(JsonElement one, string name) => one.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static string Transcript(params TestNode[] nodes) => string.Join('\n', nodes.Select(node => node.Process.Transcript));
}
