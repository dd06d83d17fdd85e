using Microsoft.Extensions.Logging;
using OrleansTransfer.Cluster.Hosting;

namespace OrleansTransfer.Host.Membership;

/// <summary>
/// Makes sure, before the silo takes part, that no other node has this one's name: workers are placed and devices are offered by it. A node that
/// was killed keeps its name until it is declared dead, and one that leaves until it has left; those are waited for.
/// </summary>
/// <remarks>
/// Of two nodes that start at the same time at least one sees the other, because each writes its row before it reads; the one that started later
/// gives way.
/// </remarks>
internal sealed partial class NameClaim(
    NodeIdentity identity,
    ILocalSiloDetails silo,
    IClusterMembershipService membership,
    NodeFault fault,
    TimeProvider time,
    ILogger<NameClaim> logger) : ILifecycleParticipant<ISiloLifecycle>
{
    // A crashed silo is seen dead after about 2 s by the others, and after 9 to 13 s by a node that is alone with the row it left.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(250), s_connectLimit = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(NameClaim), ServiceLifecycleStage.ValidateInitialConnectivity, ClaimAsync);

    /// <summary>The member that has the name, and whether it keeps it if it lives; null where the name is free.</summary>
    internal static (ClusterMember Member, bool Stays)? FindRival(string name, SiloAddress self, IEnumerable<ClusterMember> members)
    {
        // Whatever else was at this node's own address is gone: this node listens there.
        var rivals = members.Where(member => member.Name == name && !member.SiloAddress.Endpoint.Equals(self.Endpoint)).ToList();
        if (rivals.Find(member => member.Status == SiloStatus.Active) is { } active) return (active, true);
        if (rivals.Find(member => member.Status == SiloStatus.Joining) is { } joining) return (joining, joining.SiloAddress.CompareTo(self) < 0);
        return rivals.Find(member => member.Status is SiloStatus.ShuttingDown or SiloStatus.Stopping) is { } leaving ? (leaving, false) : null;
    }

    private async Task ClaimAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        for (var waited = TimeSpan.Zero; ; waited = time.GetElapsedTime(started))
        {
            await membership.Refresh(default, cancellationToken);
            if (FindRival(identity.Name, silo.SiloAddress, membership.CurrentSnapshot.Members.Values) is not (var rival, var stays)) return;
            var endpoint = rival.SiloAddress.Endpoint;
            if (stays && await PortProbe.ListensAsync(endpoint, s_connectLimit, cancellationToken))
                throw Refusal($"The cluster has a node named '{identity.Name}' at {endpoint} already. Choose another --name.");
            if (waited == TimeSpan.Zero) LogWaiting(logger, identity.Name, endpoint, s_patience.TotalSeconds);
            if (waited > s_patience)
            {
                throw Refusal(
                    $"The cluster has a node named '{identity.Name}' at {endpoint}, which was neither declared dead nor left within" +
                    $" {s_patience.TotalSeconds:0} s. Choose another --name, or try again later.");
            }

            await Task.Delay(s_period, time, cancellationToken);
        }
    }

    private NodeStartException Refusal(string reason)
    {
        fault.Stop(reason);
        return new(reason);
    }
}
