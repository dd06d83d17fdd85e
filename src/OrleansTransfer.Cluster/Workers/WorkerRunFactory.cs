using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using OrleansTransfer.Cluster.Exchange;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Contracts.Workers;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>
/// Starts runs on this node's devices, keeps them, and hands them over when the node stops. One per silo: a run belongs to the node and not to the
/// activation of its grain, which Orleans takes down when the node that held its directory entry dies.
/// </summary>
public sealed partial class WorkerRunFactory(
    NodeIdentity identity,
    ILocalSiloDetails silo,
    DeviceTable devices,
    GroupJoiner groups,
    IBlobContainer container,
    IGrainFactory grains,
    IOptions<FeatureOptions> features,
    TimeProvider time,
    ILoggerFactory loggers) : IHostedService
{
    // A node that is asked to leave has left within five seconds: this for the groups to reach a step boundary without it, the rest for the silo.
    private static readonly TimeSpan s_handOver = TimeSpan.FromSeconds(4);

    private readonly ILogger _logger = loggers.CreateLogger<WorkerRunFactory>();
    private readonly ConcurrentDictionary<WorkerAddress, WorkerRun> _runs = new();
    private readonly NodeTokens _tokens = new();
    private readonly FeatureStore _features = new(new(Path.Combine(identity.CacheFolder, "features"), features.Value.Megabytes * 1_000_000), new());

    /// <summary>Occupies the device and begins to load.</summary>
    /// <exception cref="InvalidOperationException">The device is busy.</exception>
    public WorkerRun Start(WorkerAddress worker, WorkerAssignment assignment)
    {
        devices.Occupy(worker.Device, assignment.Experiment);
        var run = new WorkerRun(
            identity, worker, silo.SiloAddress.ToString(), assignment, groups, container, grains, _tokens, _features, time, loggers);
        _runs[worker] = run;
        run.Begin(ended: () =>
        {
            _runs.TryRemove(new(worker, run));
            devices.Free(worker.Device);
        });
        return run;
    }

    /// <summary>The run on a device, or null.</summary>
    public WorkerRun? Find(WorkerAddress worker) => _runs.GetValueOrDefault(worker);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        WorkerRun[] running = [.. _runs.Values];
        if (running.Length == 0) return;
        LogLeaving(identity.Name, running.Length);
        foreach (var run in running) run.Leave();
        var ended = Task.WhenAll(running.Select(run => run.Completion));
        try
        {
            await ended.WaitAsync(s_handOver, time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            foreach (var run in running) run.Stop($"Node {identity.Name} is shutting down.");
            // Whatever still computes ends with the process.
            await Task.WhenAny(ended, Task.Delay(TimeSpan.FromSeconds(1), time, CancellationToken.None));
        }
    }

    [LoggerMessage(LogLevel.Information, "Node {Node} shuts down: it hands {Count} workers over")]
    private partial void LogLeaving(string node, int count);
}
