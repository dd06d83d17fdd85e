using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cluster.Experiments;

/// <summary>
/// Wakes experiments whose coordinator died with its node. Workers that are left would do so with their next report; a run that waited in the queue, or
/// lost all its workers with that node, has nobody else. Runs on every node: to wake an experiment twice does nothing.
/// </summary>
public sealed partial class OrphanRescue(
    IClusterMembershipService membership, ExperimentCatalog catalog, IGrainFactory grains, TimeProvider time, ILogger<OrphanRescue> logger)
    : BackgroundService
{
    // Time for survivors to report, and for the grain directory to forget the dead.
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var mourned = new HashSet<SiloAddress>();
        try
        {
            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(stoppingToken))
            {
                var dead = snapshot.Members.Values.Where(member => member.Status == SiloStatus.Dead && mourned.Add(member.SiloAddress)).ToList();
                if (dead.Count == 0) continue;
                await Task.Delay(s_pause, time, stoppingToken);
                await WakeAsync(dead.Select(member => member.SiloAddress.ToString()).ToHashSet(), stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The node stops; others do the same work.
        }
    }

    private async Task WakeAsync(IReadOnlySet<string> silos, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var orphan in await catalog.ListOwnedAsync(silos, cancellationToken))
            {
                LogWakes(orphan);
                await PatientCall.MakeAsync(() => grains.GetGrain<IExperimentGrain>(orphan).Get(), time, cancellationToken);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailed(e.Message);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Experiment} lost its coordinator with its node; it is taken over")]
    private partial void LogWakes(string experiment);

    [LoggerMessage(LogLevel.Warning, "Experiments without a coordinator could not be looked for: {Reason}")]
    private partial void LogFailed(string reason);
}
