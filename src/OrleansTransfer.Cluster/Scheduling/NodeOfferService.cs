using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Cluster.Workers;
using OrleansTransfer.Contracts.Scheduling;

namespace OrleansTransfer.Cluster.Scheduling;

/// <summary>
/// Tells the scheduler once a second what this node offers and what its devices are doing; withdraws the offer when the node stops.
/// </summary>
public sealed partial class NodeOfferService(
    NodeIdentity identity,
    ILocalSiloDetails silo,
    DeviceTable devices,
    IGrainFactory grains,
    TimeProvider time,
    ILogger<NodeOfferService> logger) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    // Until the silo can make calls.
    private static readonly TimeSpan s_firstPeriod = TimeSpan.FromMilliseconds(50);

    /// <summary>Whether the scheduler knows this node's devices: before that, an experiment that wants them would be told that there are none.</summary>
    public bool Accepted { get; private set; }

    /// <summary>Why the scheduler will not have this node, in words, or null.</summary>
    public string? Refusal { get; private set; }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var scheduler = grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key);
        using var timer = new PeriodicTimer(s_firstPeriod, time);
        try
        {
            do
            {
                try
                {
                    var status = devices.Status();
                    var free = status.Count(device => device.Experiment is null);
                    Instruments.SetDevices(free, busy: status.Count - free);
                    if (identity.Devices.Any(device => device.StartsWith("cpu", StringComparison.Ordinal)))
                        Instruments.SetDeviceMemory("cpu", Environment.WorkingSet);
                    var offer = new NodeStatus(
                        identity.Name,
                        silo.SiloAddress.Endpoint.ToString(),
                        identity.Http,
                        status,
                        Environment.MachineName,
                        ClusterVersion.Current,
                        silo.SiloAddress.ToString())
                    {
                        Protocol = ClusterVersion.Protocol,
                    };
                    Refusal = await scheduler.Offer(offer).WaitAsync(TimeSpan.FromSeconds(5), time, stoppingToken);
                    if (Refusal is not null) LogRefused(Refusal);
                    Accepted = Refusal is null;
                    timer.Period = s_period;
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    LogOfferFailed(e.Message);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The node stops; the scheduler may be stopping with it.
        }
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);

        // A node that was refused for its name must not take the offer of the one that has it away.
        if (!Accepted) return;
        try
        {
            await grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).Withdraw(identity.Name).WaitAsync(TimeSpan.FromSeconds(1), time, cancellationToken);
        }
        catch (Exception e)
        {
            LogOfferFailed(e.Message);
        }
    }

    [LoggerMessage(LogLevel.Error, "The cluster does not accept this node: {Reason}")]
    private partial void LogRefused(string reason);

    [LoggerMessage(LogLevel.Debug, "The scheduler did not take this node's offer: {Reason}")]
    private partial void LogOfferFailed(string reason);
}
