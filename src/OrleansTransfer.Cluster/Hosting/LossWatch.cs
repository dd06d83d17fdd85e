using Microsoft.Extensions.Hosting;
using Orleans.Runtime;

namespace OrleansTransfer.Cluster.Hosting;

/// <summary>Counts the nodes that this one sees declared dead although they had not left.</summary>
public sealed class LossWatch(IClusterMembershipService membership) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var known = membership.CurrentSnapshot;
        try
        {
            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(stoppingToken))
            {
                for (var lost = Lost(Statuses(known), Statuses(snapshot)); lost > 0; lost--) Instruments.NodeLost();
                known = snapshot;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The node stops; others count on.
        }
    }

    /// <summary>
    /// How many silos went from active to dead; one that leaves is shutting down in between, and one that was dead before is old news.
    /// </summary>
    internal static int Lost(IReadOnlyDictionary<SiloAddress, SiloStatus> before, IReadOnlyDictionary<SiloAddress, SiloStatus> now) =>
        now.Count(silo => silo.Value == SiloStatus.Dead && before.TryGetValue(silo.Key, out var earlier) && earlier == SiloStatus.Active);

    private static Dictionary<SiloAddress, SiloStatus> Statuses(ClusterMembershipSnapshot snapshot) =>
        snapshot.Members.ToDictionary(member => member.Key, member => member.Value.Status);
}
