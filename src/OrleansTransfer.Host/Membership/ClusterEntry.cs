using System.Net;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Cluster.Transport;

namespace OrleansTransfer.Host.Membership;

/// <summary>How a node finds its cluster: over Redis, through the cluster's first node, or by being that node itself.</summary>
/// <param name="FirstNode">Silo of the first node; null unless this node joins it.</param>
/// <param name="Redis">The server that keeps the membership; null without one.</param>
internal sealed record ClusterEntry(IPEndPoint? FirstNode, RedisAddress? Redis)
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);

    /// <summary>Waits until what the options name can be reached.</summary>
    /// <exception cref="NodeStartException">The options contradict each other, or it cannot be reached.</exception>
    public static async Task<ClusterEntry> ReachAsync(NodeOptions options, NodeCertificates? certificates, CancellationToken cancellationToken)
    {
        switch (options)
        {
            case { Join: not null, Redis: not null }:
                throw new NodeStartException(
                    "--join and --redis are two ways to find a cluster: give --redis to every node, or --join to all but the first.");
            case { Join: { } join }:
                return new(await JoinTarget.ReachAsync(join, s_deadline, cancellationToken, certificates), null);
            case { Redis: { } text }:
                var redis = RedisAddress.Parse(text);
                await redis.ReachAsync(s_deadline, cancellationToken);
                return new(null, redis);
            default:
                return new(null, null);
        }
    }

    /// <summary>Says where the silo's membership is, and how fast it notices losses.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="own">Where the silo itself listens.</param>
    public void Configure(ISiloBuilder silo, IPEndPoint own)
    {
        if (Redis is not null) Redis.Configure(silo);
        else silo.UseDevelopmentClustering(FirstNode ?? own);
        silo.UseFastFailureDetection();
    }

    /// <summary>Why a node was not admitted in time, in a sentence; null where nobody else has to admit it.</summary>
    public string? NotAdmitted(TimeSpan waited) => this switch
    {
        { FirstNode: { } first } => $"The node at {first} did not admit this one within {waited.TotalSeconds:0} s." +
            " Check that --join names the silo port of a cluster's first node, and that both use mutual TLS (--tls-cert) or neither.",
        { Redis: { } redis } => $"The cluster in the Redis server {redis.Shown} did not admit this node within {waited.TotalSeconds:0} s." +
            " Check that its nodes can reach this one and be reached (--advertise), and that all use mutual TLS (--tls-cert) or none.",
        _ => null,
    };
}
