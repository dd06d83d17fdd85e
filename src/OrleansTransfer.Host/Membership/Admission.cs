using System.Net;
using System.Net.Sockets;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Cluster.Transport;

namespace OrleansTransfer.Host.Membership;

/// <summary>
/// Asks the nodes of a cluster, before this one's silo starts, whether it may be one of them: what would keep it out is told at once, and no member
/// learns of it. A cluster none of whose nodes answers judges when the silo has started.
/// </summary>
internal static class Admission
{
    // Rows of the membership are written again every three seconds. What an older one names may be gone, and its address another cluster's.
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(30), s_connectLimit = TimeSpan.FromSeconds(3);

    // Whoever answers first speaks for all; a few may be gone, or out of reach from here.
    private const int MaximumAsked = 8;

    /// <summary>Judges what another node said of itself.</summary>
    /// <param name="answer">Its answer.</param>
    /// <param name="peer">Where it is.</param>
    /// <param name="clusterId">The cluster that this node is to be in.</param>
    /// <exception cref="ClusterNotFoundException">The two cannot talk, or it is of another cluster.</exception>
    /// <exception cref="NodeStartException">It does not take nodes of this release.</exception>
    public static void Judge(GreetingAnswer answer, EndPoint peer, string clusterId)
    {
        if (answer.Problem is { } problem) throw new ClusterNotFoundException(problem);
        if (answer.Facts is not { } facts) return;
        if (facts.ClusterId != clusterId)
        {
            throw new ClusterNotFoundException(
                $"The node at {peer} belongs to the cluster '{facts.ClusterId}', and this one is for '{clusterId}'."
                + " Correct --join, or --cluster-id.");
        }
        if (ClusterVersion.RefusalBy(facts.Version, facts.Protocol) is { } refusal)
            throw new NodeStartException($"The cluster does not accept this node: {refusal}.");
    }

    /// <summary>Asks the members that a Redis server knows.</summary>
    /// <exception cref="NodeStartException">One of them does not take this node.</exception>
    public static async Task AskAsync(RedisAddress redis, NodeOptions options, NodeCertificates? certificates, CancellationToken cancellationToken)
    {
        var fresh = DateTime.UtcNow - s_fresh;
        var members = (await redis.ReadMembersAsync(options.ClusterId, cancellationToken))
            .Where(member => member.Status == SiloStatus.Active && member.Alive > fresh)
            .OrderByDescending(member => member.Alive).Take(MaximumAsked)
            .Select(member => options.Role == NodeRole.Gateway ? member.Clients : member.Silo).ToList();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await foreach (var asked in Task.WhenEach(members.Select(member => AskAsync(member, certificates, enough.Token))))
            {
                if (await asked is not var (peer, answer) || answer.Facts is { } facts && facts.ClusterId != options.ClusterId) continue;
                Judge(answer, peer, options.ClusterId);
                return;
            }
        }
        finally
        {
            await enough.CancelAsync();
        }
    }

    // Null where nobody answers there.
    private static async Task<(IPEndPoint Peer, GreetingAnswer Answer)?> AskAsync(
        IPEndPoint peer, NodeCertificates? certificates, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_connectLimit);
        using var socket = new Socket(peer.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(peer, limit.Token);
            return await NodeGreeting.AskAsync(socket, certificates, cancellationToken) is { } answer ? (peer, answer) : null;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            return null;
        }
    }
}
