using OrleansTransfer.Host.Security;
using OrleansTransfer.Learning.Weights.Cache;

namespace OrleansTransfer.Host;

/// <summary>What a node is told when it starts.</summary>
public sealed record NodeOptions
{
    /// <summary>Name of the node, unique in the cluster; null makes one up from the machine's name and the silo's port.</summary>
    public string? Name { get; init; }

    /// <summary>Added to the ports 11111 (silo), 30000 (gateway) and 8080 (http), so that several nodes fit on one machine. Default 0.</summary>
    public int PortOffset { get; init; }

    /// <summary>Takes any free loopback ports instead of the default ones. Default false.</summary>
    public bool EphemeralPorts { get; init; }

    /// <summary>
    /// <c>host:port</c> of the silo of the cluster's first node, which keeps the membership; null, without <see cref="Redis"/>, makes this that node.
    /// </summary>
    public string? Join { get; init; }

    /// <summary>
    /// <c>host:port[,options]</c> of a Redis server that keeps the cluster's membership, so that no node is first; null for none. The options are
    /// those of StackExchange.Redis.
    /// </summary>
    public string? Redis { get; init; }

    /// <summary>Name of the cluster: nodes of different ones never meet, also not over one Redis server. Default <c>otx</c>.</summary>
    public string ClusterId { get; init; } = "otx";

    /// <summary>An IP address of this machine under which other nodes reach it and on which it listens; null for loopback.</summary>
    public string? Advertise { get; init; }

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
}
