using Microsoft.Extensions.Hosting;
using Orleans.Runtime;

namespace OrleansTransfer.Cluster.Hosting;

/// <summary>The register of a client: what the silos say, asked again every few seconds.</summary>
public sealed class RemoteRegister(IGrainFactory grains, TimeProvider time) : BackgroundService, ISiloRegister
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(2);

    private volatile IReadOnlySet<string> _silos = new HashSet<string>();

    /// <inheritdoc/>
    public bool Contains(string silo) => _silos.Contains(silo);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period, time);
        try
        {
            do
            {
                try
                {
                    var hosts = await grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: false).WaitAsync(stoppingToken);
                    _silos = hosts.Keys.Select(silo => silo.ToString()).ToHashSet(StringComparer.Ordinal);
                }
                catch (Exception e) when (e is OrleansException or TimeoutException)
                {
                    // What was known stays known; whoever asks for an experiment hears of the trouble.
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops.
        }
    }
}
