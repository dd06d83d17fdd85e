using System.Net;
using Orleans.Configuration;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Cluster.Transport;

namespace OrleansTransfer.Host.Membership;

/// <summary>How a node finds its cluster: over Redis, through the cluster's first node, or by being that node itself.</summary>
/// <param name="FirstNode">Silo of the first node, or for a gateway where it takes clients; null unless this node joins it.</param>
/// <param name="Redis">The server that keeps the membership; null without one.</param>
internal sealed record ClusterEntry(IPEndPoint? FirstNode, RedisAddress? Redis)
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10), s_gatewayRefresh = TimeSpan.FromSeconds(3);

    /// <summary>Refuses options that say two ways to a cluster, or none where there must be one.</summary>
    /// <exception cref="NodeStartException">They do.</exception>
    public static void Check(NodeOptions options)
    {
        switch (options)
        {
            case { Join: not null, Redis: not null }:
                throw new NodeStartException(
                    "--join and --redis are two ways to find a cluster: give --redis to every node, or --join to all but the first.");
            case { Role: NodeRole.Gateway, Join: null, Redis: null }:
                throw new NodeStartException(
                    "A gateway serves a cluster and must be told where it is: give --redis, or as --join what a node's ready line shows under" +
                    " \"gateway\".");
        }
    }

    /// <summary>Waits until what the options name can be reached, and asks the cluster's nodes whether this one may be one of them.</summary>
    /// <exception cref="NodeStartException">It cannot be reached, or they do not take this node.</exception>
    public static async Task<ClusterEntry> ReachAsync(NodeOptions options, NodeCertificates? certificates, CancellationToken cancellationToken)
    {
        switch (options)
        {
            case { Join: { } join }:
                return new(await JoinTarget.ReachAsync(join, options.ClusterId, certificates, s_deadline, cancellationToken), null);
            case { Redis: { } text }:
                var redis = RedisAddress.Parse(text);
                await redis.ReachAsync(s_deadline, cancellationToken);
                if (await redis.CompareClocksAsync(cancellationToken) is { IsTooMuch: true } skew)
                {
                    throw new NodeStartException(
                        $"Nodes would take each other for dead: {skew.ToWords($"that of the Redis server {redis.Shown}")}. Let NTP set the clocks.");
                }

                await Admission.AskAsync(redis, options, certificates, cancellationToken);
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

    /// <summary>Says how a client finds the silos, and how fast it notices their coming and going.</summary>
    public void Configure(IClientBuilder client)
    {
        if (Redis is not null) Redis.Configure(client);
        else client.UseStaticClustering(FirstNode!);
        client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = s_gatewayRefresh);
    }

    /// <summary>Why a node was not admitted in time, in a sentence; null where nobody else has to admit it.</summary>
    public string? NotAdmitted(NodeRole role, TimeSpan waited) => (role, this) switch
    {
        (NodeRole.Gateway, { Redis: { } redis }) =>
            $"No node of the cluster in the Redis server {redis.Shown} answered within {waited.TotalSeconds:0} s." +
            " Start nodes of the same --cluster-id, and check that their gateway ports can be reached from here.",
        (NodeRole.Gateway, { FirstNode: { } first }) => $"The node at {first} did not answer as a cluster within {waited.TotalSeconds:0} s." +
            " Check that --join names what the node's ready line shows under \"gateway\".",
        (_, { FirstNode: { } first }) => $"The node at {first} did not admit this one within {waited.TotalSeconds:0} s." +
            " Check that --join names the silo port of a cluster's first node, and that both use mutual TLS (--tls-cert) or neither.",
        (_, { Redis: { } redis }) => $"The cluster in the Redis server {redis.Shown} did not admit this node within {waited.TotalSeconds:0} s." +
            " Check that its nodes can reach this one and be reached (--advertise), and that all use mutual TLS (--tls-cert) or none.",
        _ => null,
    };
}
