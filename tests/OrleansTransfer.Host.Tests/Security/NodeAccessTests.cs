using System.Net;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Host.Security;

namespace OrleansTransfer.Host.Tests.Security;

/// <summary>What a node lets in by where it listens.</summary>
public sealed class NodeAccessTests
{
    private static readonly IPAddress s_outside = IPAddress.Parse("10.0.0.7");

    [Fact]
    public void A_node_that_others_reach_does_not_start_without_keys_unless_it_is_told_to()
    {
        var refusal = Assert.Throws<NodeStartException>(() => NodeAccess.Check(new(), s_outside)).Message;
        Assert.Contains("10.0.0.7", refusal, StringComparison.Ordinal);
        Assert.Contains("--api-keys", refusal, StringComparison.Ordinal);
        Assert.Contains("--allow-anonymous", refusal, StringComparison.Ordinal);

        NodeAccess.Check(new(), IPAddress.Loopback);
        NodeAccess.Check(new(), IPAddress.IPv6Loopback);
        NodeAccess.Check(new() { AllowAnonymous = true }, s_outside);
        NodeAccess.Check(new() { ApiKeysFile = "keys.yaml" }, s_outside);
        NodeAccess.Check(new() { Jwt = new() }, s_outside);
    }

    [Fact]
    public void Contradictions_are_named()
    {
        Assert.Contains("--allow-anonymous", Refusal(new() { AllowAnonymous = true, ApiKeysFile = "k" }), StringComparison.Ordinal);
        Assert.Contains("--protect-metrics", Refusal(new() { ProtectMetrics = true }), StringComparison.Ordinal);

        static string Refusal(SecurityOptions options) =>
            Assert.Throws<NodeStartException>(() => NodeAccess.Check(options, IPAddress.Loopback)).Message;
    }

    [Fact]
    public void Recipes_read_everything_on_loopback_and_nothing_but_the_roots_elsewhere()
    {
        var recipe = new Recipe { Data = new() { Train = "/data/leaves" }, Model = new() { Weights = "none" } };

        Assert.Empty(NodeReach.RootsFor(new(), IPAddress.Loopback).Check(recipe, CancellationToken.None));
        Assert.NotEmpty(NodeReach.RootsFor(new(), s_outside).Check(recipe, CancellationToken.None));
        Assert.Empty(NodeReach.RootsFor(new() { DataRoots = "/other:/data" }, s_outside).Check(recipe, CancellationToken.None));
        Assert.NotEmpty(NodeReach.RootsFor(new() { DataRoots = "/other" }, IPAddress.Loopback).Check(recipe, CancellationToken.None));
        var refused = Assert.Throws<NodeStartException>(() => NodeReach.RootsFor(new() { DataRoots = "data" }, s_outside));
        Assert.Contains("'data'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_come_from_this_machine_only_where_its_own_users_ask_for_them()
    {
        Assert.True(NodeReach.AddressesFor(new(), IPAddress.Loopback).Loopback);
        var outside = NodeReach.AddressesFor(new() { WeightHosts = "a.example, b.example" }, s_outside);
        Assert.False(outside.Loopback);
        Assert.Equal(["a.example", "b.example"], outside.Trusted);
    }

    [Fact]
    public void Settings_come_from_the_environment_and_the_command_line_wins()
    {
        var environment = new Dictionary<string, string>
        {
            ["OTX_API_KEYS"] = "/keys",
            ["OTX_RATE_LIMIT"] = "7",
            ["OTX_TLS_CERT"] = "/tls/crt",
            ["OTX_PROTECT_METRICS"] = "1",
            ["OTX_AUDIT_LOG"] = "",
        };

        var security = NodeArguments.Parse(
            ["--rate-limit", "9", "--tls-key", "/tls/key", "--jwt-audience", "otx", "--jwt-roles", "admin=root"],
            environment.GetValueOrDefault).Security;

        Assert.Equal(
            new SecurityOptions
            {
                ApiKeysFile = "/keys",
                ProtectMetrics = true,
                Limits = new() { RequestsPerSecond = 9 },
                Tls = new() { Certificate = "/tls/crt", Key = "/tls/key" },
                Jwt = new() { Audience = "otx", Roles = "admin=root" },
            },
            security);
    }

    [Theory]
    [InlineData("--rate-limit many", "'many'")]
    [InlineData("--max-body 0", "--max-body")]
    [InlineData("--api-keys", "--api-keys needs a value")]
    public void Mistakes_are_named(string arguments, string expected) => Assert.Contains(
        expected,
        Assert.Throws<NodeStartException>(() => NodeArguments.Parse(arguments.Split(' '), _ => null)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_switch_in_the_environment_is_1_or_0() =>
        Assert.Contains("'maybe'", Assert.Throws<NodeStartException>(() =>
            NodeArguments.Parse([], name => name == "OTX_ALLOW_ANONYMOUS" ? "maybe" : null)).Message, StringComparison.Ordinal);
}
