using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Sweeps;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Sweeps;

/// <summary>
/// Wakes sweeps that nobody drives any more: their node died, or all nodes did and these are new ones. Runs on every node of a cluster that lasts: to wake a
/// sweep twice does nothing.
/// </summary>
public sealed partial class SweepWatch(
    IBlobContainer container, IClusterMembershipService membership, IGrainFactory grains, TimeProvider time, ILogger<SweepWatch> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(3);

    private readonly SweepCatalog _catalog = new(container, time);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                foreach (var (sweep, owner) in await _catalog.ListActiveAsync(stoppingToken))
                {
                    if (owner is not null && IsCaredFor(owner)) continue;
                    LogWakes(sweep);
                    await PatientCall.MakeAsync(
                        async () =>
                        {
                            await grains.GetGrain<ISweepGrain>(sweep).Wake();
                            return true;
                        },
                        time, stoppingToken);
                }
                await Task.Delay(s_period, time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogFailed(e.Message);
                await Task.Delay(s_period, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // A member of this cluster lives as long as the cluster says so; of others the process or the heartbeat tells.
    private bool IsCaredFor(ExperimentOwner owner)
    {
        var member = membership.CurrentSnapshot.Members.Values.FirstOrDefault(one => one.SiloAddress.ToString() == owner.Silo);
        return member is null ? owner.IsAlive(time.GetUtcNow()) : member.Status is SiloStatus.Active or SiloStatus.Joining && owner.IsAlive(time.GetUtcNow());
    }

    [LoggerMessage(LogLevel.Information, "{Sweep} has nobody who drives it; it is taken over")]
    private partial void LogWakes(string sweep);

    [LoggerMessage(LogLevel.Warning, "Sweeps that nobody drives could not be looked for: {Reason}")]
    private partial void LogFailed(string reason);
}
