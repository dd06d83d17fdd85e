using OrleansTransfer.Host.Logs;

namespace OrleansTransfer.Host.Tests;

public class NodeArgumentsTests
{
    [Fact]
    public void Options_come_from_the_environment_and_the_command_line_wins()
    {
        var environment = new Dictionary<string, string> { ["OTX_NAME"] = "a", ["OTX_PORT_OFFSET"] = "7", ["OTX_STATE"] = "/state" };

        var options = NodeArguments.Parse(["--name", "b", "--join", "h:1", "--devices", "cpu:2", "--quiet"], environment.GetValueOrDefault);

        Assert.Equal(
            new NodeOptions { Name = "b", PortOffset = 7, Join = "h:1", Devices = "cpu:2", StateLocation = "/state", QuietLogs = true }, options);
        Assert.Equal(new NodeOptions(), NodeArguments.Parse([], _ => null));
    }

    [Fact]
    public void Role_logs_and_traces_come_from_both_too()
    {
        var environment = new Dictionary<string, string>
        {
            ["OTX_ROLE"] = "gateway", ["OTX_LOG_FORMAT"] = "json", ["OTX_OTLP_ENDPOINT"] = "http://c:4318", ["OTX_TRACE_RATIO"] = "0.5",
        };

        var options = NodeArguments.Parse(["--role", "worker", "--trace-ratio", "1"], environment.GetValueOrDefault);

        Assert.Equal(
            new NodeOptions { Role = NodeRole.Worker, LogFormat = LogFormat.Json, TraceEndpoint = new("http://c:4318"), TraceRatio = 1 }, options);
    }

    [Theory]
    [InlineData("", "j:1", "r:1", "j:1", "r:1")]
    [InlineData("--join h:1", "j:1", "r:1", "h:1", null)]
    [InlineData("--redis s:1", "j:1", "r:1", null, "s:1")]
    [InlineData("--redis s:1 --join h:1", null, null, "h:1", "s:1")]
    public void A_way_to_the_cluster_on_the_command_line_replaces_those_of_the_environment(
        string arguments, string? environmentJoin, string? environmentRedis, string? join, string? redis)
    {
        var environment = new Dictionary<string, string?> { ["OTX_JOIN"] = environmentJoin, ["OTX_REDIS"] = environmentRedis };

        var options = NodeArguments.Parse(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), environment.GetValueOrDefault);

        Assert.Equal((join, redis), (options.Join, options.Redis));
    }

    [Theory]
    [InlineData("--nmae", "no option '--nmae'")]
    [InlineData("--name", "--name needs a value")]
    [InlineData("--port-offset x", "'x' is not a whole number")]
    [InlineData("--role boss", "takes both, worker or gateway")]
    [InlineData("--log-format xml", "takes text or json")]
    [InlineData("--otlp-endpoint collector", "OTLP over HTTP")]
    [InlineData("--trace-ratio 1.5", "a number from 0 to 1")]
    public void Mistakes_are_named(string arguments, string expected) => Assert.Contains(
        expected,
        Assert.Throws<NodeStartException>(() => NodeArguments.Parse(arguments.Split(' '), _ => null)).Message,
        StringComparison.Ordinal);
}
