using System.Globalization;
using OrleansTransfer.Host.Logs;
using OrleansTransfer.Host.Security;

namespace OrleansTransfer.Host.Configuration;

/// <summary>One option of a node as its users give it: on the command line, as a variable, or in a configuration file.</summary>
/// <param name="Option">Its name on the command line; in a file, without the dashes.</param>
/// <param name="Variable">Its environment variable.</param>
/// <param name="Value">What its value is called; null for a switch, whose value is 1 or 0.</param>
/// <param name="Description">What it does, with unit and default.</param>
/// <param name="Apply">The options with this value; throws a <see cref="NodeStartException"/> for one that cannot be.</param>
public sealed record NodeSetting(string Option, string Variable, string? Value, string Description, Func<NodeOptions, string, NodeOptions> Apply)
{
    /// <summary>The two ways to find a cluster: whoever gives one of them takes back the other one that is given farther away.</summary>
    internal static readonly NodeSetting Join = new(
        "--join", "OTX_JOIN", "HOST:PORT",
        "Silo of the cluster's first node, for instance 127.0.0.1:11111; when that node goes, this one stops.",
        (options, value) => options with { Join = value });

    /// <inheritdoc cref="Join"/>
    internal static readonly NodeSetting Redis = new(
        "--redis", "OTX_REDIS", "HOST:PORT[,options]",
        "Redis server that keeps the cluster's membership, so that any node may go. The variable hides a password.",
        (options, value) => options with { Redis = value });

    /// <summary>All of them, in the order in which they are shown.</summary>
    public static IReadOnlyList<NodeSetting> All { get; } =
    [
        new("--name", "OTX_NAME", "NAME", "Name of the node, unique in the cluster (default: the machine's and the silo's port).",
            (options, value) => options with { Name = value }),
        new("--role", "OTX_ROLE", "ROLE", "worker (trains), gateway (serves the HTTP API as a client of the cluster), or both (default).",
            (options, value) => options with { Role = ReadRole(value) }),
        new("--port-offset", "OTX_PORT_OFFSET", "N", "Added to the ports 11111 (silo), 30000 (gateway) and 8080 (HTTP) (default 0).",
            (options, value) => options with { PortOffset = ReadOffset(value) }),
        Join,
        Redis,
        new("--cluster-id", "OTX_CLUSTER_ID", "NAME", "Name of the cluster; one Redis server can keep several (default otx).",
            (options, value) => options with { ClusterId = value }),
        new("--advertise", "OTX_ADVERTISE", "ADDRESS",
            "IP address of this machine under which other nodes and clients reach this one (default 127.0.0.1).",
            (options, value) => options with { Advertise = value }),
        new("--listen", "OTX_LISTEN", "ADDRESS",
            "Address of this machine to listen at, 0.0.0.0 for all, where the advertised one only leads to it (default: the advertised one).",
            (options, value) => options with { Listen = value }),
        new("--devices", "OTX_DEVICES", "LIST", "What it offers: cpu:2, or cuda:0,cuda:1, or none (default: all CUDA devices, else every CPU core).",
            (options, value) => options with { Devices = value }),
        new("--state", "OTX_STATE", "DIR", "Folder, or azure: container, for the cluster's state (default .otx).",
            (options, value) => options with { StateLocation = value }),
        new("--log-format", "OTX_LOG_FORMAT", "FORMAT", "text, or json for one object a line (default text).",
            (options, value) => options with { LogFormat = ReadLogFormat(value) }),
        new("--otlp-endpoint", "OTX_OTLP_ENDPOINT", "URL",
            "Collector of traces of steps, OTLP over HTTP, for instance http://127.0.0.1:4318 (default none).",
            (options, value) => options with { TraceEndpoint = ReadEndpoint(value) }),
        new("--trace-ratio", "OTX_TRACE_RATIO", "SHARE", "Share of the steps that are traced, 0 to 1 (default 0.05).",
            (options, value) => options with { TraceRatio = ReadRatio(value) }),
        new("--quiet", "OTX_QUIET", null, "Log warnings and errors only.", (options, value) => options with { QuietLogs = ReadSwitch(value) }),
        .. SecuritySetting.All.Select(setting => new NodeSetting(
            setting.Option, setting.Variable, setting.Value, setting.Description,
            (options, value) => options with { Security = setting.Apply(options.Security, value) })),
    ];

    /// <summary>Its name in a configuration file.</summary>
    public string Key => Option[2..];

    /// <summary>1, true, 0 or false.</summary>
    /// <exception cref="NodeStartException">It is none of these.</exception>
    internal static bool ReadSwitch(string text) => text.ToLowerInvariant() switch
    {
        "1" or "true" => true,
        "0" or "false" => false,
        _ => throw new NodeStartException($"'{text}' is neither 1 nor 0."),
    };

    private static int ReadOffset(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new NodeStartException($"'{text}' is not a whole number.");

    private static NodeRole ReadRole(string text) => text switch
    {
        "both" => NodeRole.Both,
        "worker" => NodeRole.Worker,
        "gateway" => NodeRole.Gateway,
        _ => throw new NodeStartException($"'{text}' is no role of a node: it takes both, worker or gateway."),
    };

    private static LogFormat ReadLogFormat(string text) => text switch
    {
        "text" => LogFormat.Text,
        "json" => LogFormat.Json,
        _ => throw new NodeStartException($"'{text}' is no format of logs: it takes text or json."),
    };

    private static Uri ReadEndpoint(string text) => Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
        ? address
        : throw new NodeStartException(
            $"'{text}' is not the address of a collector: it takes one of OTLP over HTTP, for instance http://127.0.0.1:4318.");

    private static double ReadRatio(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var ratio) && ratio is >= 0 and <= 1
            ? ratio
            : throw new NodeStartException($"'{text}' is no share of steps: it takes a number from 0 to 1, for instance 0.05.");
}
