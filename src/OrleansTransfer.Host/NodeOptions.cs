using OrleansTransfer.Host.Security;
using OrleansTransfer.Host.Logs;
using OrleansTransfer.Learning.Weights.Cache;

namespace OrleansTransfer.Host;

/// <summary>What a node is told when it starts.</summary>
public sealed record NodeOptions
{
    /// <summary>Name of the node, unique in the cluster; null makes one up from the machine's name and the silo's port.</summary>
    public string? Name { get; init; }

    /// <summary>What it is for. Default <see cref="NodeRole.Both"/>.</summary>
    public NodeRole Role { get; init; }

    /// <summary>Added to the ports 11111 (silo), 30000 (gateway) and 8080 (http), so that several nodes fit on one machine. Default 0.</summary>
    public int PortOffset { get; init; }

    /// <summary>Takes any free loopback ports instead of the default ones. Default false.</summary>
    public bool EphemeralPorts { get; init; }

    /// <summary>
    /// <c>host:port</c> of the silo of the cluster's first node, which keeps the membership; null, without <see cref="Redis"/>, makes this that node.
    /// Of a gateway, <c>host:port</c> where that node takes Orleans clients.
    /// </summary>
    public string? Join { get; init; }

    /// <summary>
    /// <c>host:port[,options]</c> of a Redis server that keeps the cluster's membership, so that no node is first; null for none. The options are
    /// those of StackExchange.Redis.
    /// </summary>
    public string? Redis { get; init; }

    /// <summary>Name of the cluster: nodes of different ones never meet, also not over one Redis server. Default <c>otx</c>.</summary>
    public string ClusterId { get; init; } = "otx";

    /// <summary>
    /// The IP address under which other nodes reach this one, and on which it listens unless <see cref="Listen"/> says otherwise; null for loopback.
    /// </summary>
    public string? Advertise { get; init; }

    /// <summary>
    /// An IP address of this machine to listen at, or 0.0.0.0 for all, where <see cref="Advertise"/> is none of its own: ports of a container that
    /// its host publishes, an address that a router translates. The ports are the same. Null: the advertised address.
    /// </summary>
    public string? Listen { get; init; }

    /// <summary>
    /// <c>cpu:2</c>, <c>cuda</c>, <c>cuda:0,cuda:1</c>, <c>none</c>; null takes every CUDA device, or else one CPU device per core.
    /// </summary>
    public string? Devices { get; init; }

    /// <summary>Where experiments, checkpoints and bundles are kept: a folder or the location of a container. Default <c>.otx</c>.</summary>
    public string StateLocation { get; init; } = ".otx";

    /// <summary>Where weights that recipes name are cached and fetched from; null asks the environment.</summary>
    public WeightCacheOptions? Weights { get; init; }

    /// <summary>Is told when weights are fetched; null writes it to the log.</summary>
    public IProgress<WeightProgress>? Downloads { get; init; }

    /// <summary>What keeps the node to those it is meant for.</summary>
    public SecurityOptions Security { get; init; } = new();

    /// <summary>Logs warnings and errors only. Default false.</summary>
    public bool QuietLogs { get; init; }

    /// <summary>How the log is written. Default <see cref="LogFormat.Text"/>.</summary>
    public LogFormat LogFormat { get; init; }

    /// <summary>
    /// Address of a collector of traces that speaks OTLP over HTTP, for instance <c>http://127.0.0.1:4318</c>; null, the default, traces nothing.
    /// </summary>
    public Uri? TraceEndpoint { get; init; }

    /// <summary>Share of the steps that are traced, 0 to 1; the same steps on all workers. Default 0.05.</summary>
    public double TraceRatio { get; init; } = 0.05;
}
