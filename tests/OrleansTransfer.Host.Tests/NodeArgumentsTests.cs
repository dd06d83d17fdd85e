using OrleansTransfer.Host.Configuration;
using OrleansTransfer.Host.Logs;
using OrleansTransfer.Host.Security;

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

    [Fact]
    public void Variables_and_the_command_line_win_over_a_configuration_file()
    {
        using var folder = new StateFolder();
        var file = Write(folder, "node.yaml", """
            name: a
            port-offset: 7
            redis: "r:1,password=x"
            quiet: true
            rate-limit: 9
            """);
        var environment = new Dictionary<string, string> { ["OTX_CONFIG"] = file, ["OTX_NAME"] = "b", ["OTX_JOIN"] = "h:1" };

        var options = NodeArguments.Parse(["--port-offset", "8"], environment.GetValueOrDefault);

        var security = new SecurityOptions { Limits = new() { RequestsPerSecond = 9 } };
        Assert.Equal(new NodeOptions { Name = "b", PortOffset = 8, Join = "h:1", QuietLogs = true, Security = security }, options);
        Assert.Equal("r:1,password=x", NodeArguments.Parse(["--config", file], _ => null).Redis);
        Assert.Equal(new NodeOptions(), NodeArguments.Parse(["--config", Write(folder, "empty.yaml", "")], _ => null));
    }

    [Fact]
    public void All_that_is_wrong_is_said_at_once_and_where()
    {
        using var folder = new StateFolder();
        var file = Write(folder, "node.yaml", "rate-limt: 9\ndevices: [cpu, cuda]\ntrace-ratio: 2\n");

        var said = Assert.Throws<NodeStartException>(() =>
            NodeArguments.Parse(["--config", file, "--role", "boss"], name => name == "OTX_PORT_OFFSET" ? "x" : null)).Message;

        Assert.Equal(
            [
                "5 options of the node are wrong.",
                $"{file}, line 1: there is no option 'rate-limt'; the nearest is 'rate-limit'.",
                $"{file}, line 2: devices takes one value.",
                "--role: 'boss' is no role of a node: it takes both, worker or gateway.",
                "OTX_PORT_OFFSET: 'x' is not a whole number.",
                $"trace-ratio in {file}: '2' is no share of steps: it takes a number from 0 to 1, for instance 0.05.",
            ],
            said.Split('\n'));
    }

    [Theory]
    [InlineData("name: [", "this is not YAML")]
    [InlineData("- name", "expected options of a node")]
    [InlineData(null, "cannot be read")]
    public void A_file_that_is_none_is_named(string? content, string expected)
    {
        using var folder = new StateFolder();
        var file = content is null ? Path.Combine(folder.Path, "nowhere.yaml") : Write(folder, "node.yaml", content);
        var said = Assert.Throws<NodeStartException>(() => NodeArguments.Parse(["--config", file], _ => null)).Message;
        Assert.Contains(expected, said, StringComparison.Ordinal);
        Assert.Contains(file, said, StringComparison.Ordinal);
    }

    [Fact]
    public void Variables_are_called_as_options_are() => Assert.All(
        NodeSetting.All, setting => Assert.Equal("OTX_" + setting.Key.ToUpperInvariant().Replace('-', '_'), setting.Variable));

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

    private static string Write(StateFolder folder, string name, string content)
    {
        var path = Path.Combine(folder.Path, name);
        File.WriteAllText(path, content);
        return path;
    }
}
