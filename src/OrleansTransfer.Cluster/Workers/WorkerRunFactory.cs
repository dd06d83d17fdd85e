using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansTransfer.Cluster.Exchange;
using OrleansTransfer.Cluster.Exchange.Lanes;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Workers;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>Starts runs on this node's devices and stops them when the node stops. One per silo.</summary>
public sealed class WorkerRunFactory(
    NodeIdentity identity,
    DeviceTable devices,
    GroupRegistry groups,
    LaneOpener lanes,
    IBlobContainer container,
    IGrainFactory grains,
    IOptions<ExchangeOptions> exchange,
    TimeProvider time,
    ILoggerFactory loggers) : IHostedService
{
    private readonly HashSet<WorkerRun> _runs = [];

    /// <summary>Takes the worker's place in its group: occupies the device, joins the exchange, and begins to load.</summary>
    /// <exception cref="InvalidOperationException">The device is busy, or a newer generation of the group exists.</exception>
    public WorkerRun Start(WorkerAddress worker, WorkerAssignment assignment)
    {
        devices.Occupy(worker.Device, assignment.Experiment);
        var key = new GroupKey(assignment.Experiment, assignment.Generation);
        try
        {
            var session = groups.Join(key, () => CreateSession(key, assignment.Group));
            var channel = new ReportChannelSource(grains.GetGrain<IExperimentGrain>(assignment.Experiment), time, loggers);
            var run = new WorkerRun(identity, worker, assignment, session, container, channel, time, loggers.CreateLogger<WorkerRun>());
            lock (_runs) _runs.Add(run);
            run.Begin(ended: () =>
            {
                groups.Leave(key);
                devices.Free(worker.Device);
                lock (_runs) _runs.Remove(run);
            });
            return run;
        }
        catch
        {
            devices.Free(worker.Device);
            throw;
        }
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        WorkerRun[] running;
        lock (_runs) running = [.. _runs];
        foreach (var run in running) run.Stop($"Node {identity.Name} is shutting down.");
        try
        {
            await Task.WhenAll(running.Select(run => run.Completion)).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The node's time to stop is over; the process ends with its threads.
        }
    }

    private GroupSession CreateSession(GroupKey key, IReadOnlyList<WorkerAddress> group)
    {
        var nodes = group.Select(worker => worker.Node).Distinct().ToList();
        var links = lanes.Open(key, nodes, nodes.IndexOf(identity.Name));
        var firstRank = group.Index().First(pair => pair.Item.Node == identity.Name).Index;
        return new(key, firstRank, group.Count(worker => worker.Node == identity.Name), group.Count, links, exchange.Value);
    }
}

/// <summary>Makes report channels to one experiment.</summary>
public sealed class ReportChannelSource(IExperimentGrain experiment, TimeProvider time, ILoggerFactory loggers)
{
    /// <summary>A channel for one worker; <paramref name="stop"/> is called with a reason when the worker is no longer wanted.</summary>
    public ReportChannel Create(WorkerAssignment assignment, Action<string> stop) =>
        new(experiment, assignment.Generation, assignment.Rank, stop, time, loggers.CreateLogger<ReportChannel>());
}
