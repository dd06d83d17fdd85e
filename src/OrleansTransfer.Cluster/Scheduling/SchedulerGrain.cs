using Microsoft.Extensions.Logging;
using Orleans.Placement;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Scheduling;
using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Scheduling;

/// <summary>
/// Keeps no durable state: nodes repeat their offers every second and waiting experiments repeat their requests, so a scheduler that comes up anew
/// knows everything again within seconds.
/// </summary>
[PreferLocalPlacement, KeepAlive]
public sealed partial class SchedulerGrain(IGrainFactory grains, TimeProvider time, ILogger<SchedulerGrain> logger) : Grain, ISchedulerGrain
{
    private static readonly TimeSpan OfferLifetime = TimeSpan.FromSeconds(5);

    // A grant whose devices stay idle this long was lost on its way, or its experiment forgot to give it back.
    private static readonly TimeSpan GrantPatience = TimeSpan.FromSeconds(15);

    private readonly Dictionary<string, (NodeStatus Node, DateTimeOffset Seen)> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Grant> _grants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Waiting> _queue = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        this.RegisterGrainTimer(_ => ReviewAsync(), new GrainTimerCreationOptions(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)) { KeepAlive = true });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Offer(NodeStatus node)
    {
        if (!_nodes.ContainsKey(node.Name)) LogJoined(node.Name, node.Devices.Count);
        _nodes[node.Name] = (node, time.GetUtcNow());
        foreach (var (experiment, devices) in node.Devices.Where(device => device.Experiment is not null).GroupBy(device => device.Experiment!).Select(g => (g.Key, g.ToList())))
            if (_grants.TryGetValue(experiment, out var grant)) grant.LastBusy = time.GetUtcNow();
        Serve();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Withdraw(string node)
    {
        if (_nodes.Remove(node)) LogWithdrawn(node);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<string?> Request(string experiment, int workers, string device, int priority)
    {
        if (_grants.ContainsKey(experiment)) return Task.FromResult<string?>(null);
        var since = _queue.TryGetValue(experiment, out var known) ? known.Since : time.GetUtcNow();
        _queue[experiment] = new(experiment, new(workers, device), priority, since);
        Serve();
        return Task.FromResult(_queue.TryGetValue(experiment, out var waiting) ? waiting.Reason : null);
    }

    /// <inheritdoc/>
    public Task Release(string experiment)
    {
        _queue.Remove(experiment);
        if (_grants.Remove(experiment))
        {
            Forget(experiment);
            Serve();
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<ClusterStatus> GetStatus() => Task.FromResult(new ClusterStatus(
        [.. View().OrderBy(node => node.Name, StringComparer.Ordinal)],
        [.. InOrder().Select(waiting => new QueueEntry(waiting.Experiment, waiting.Request.Workers, waiting.Priority, waiting.Since, waiting.Reason))]));

    private IEnumerable<Waiting> InOrder() => _queue.Values.OrderByDescending(waiting => waiting.Priority).ThenBy(waiting => waiting.Since).ThenBy(waiting => waiting.Experiment, StringComparer.Ordinal);

    // What nodes say of their devices, with grants that have not reached the node yet.
    private List<NodeStatus> View()
    {
        var granted = _grants.Values.SelectMany(grant => grant.Workers.Select(worker => (worker, grant.Experiment))).ToDictionary(pair => pair.worker, pair => pair.Experiment);
        return [.. _nodes.Values.Select(entry => entry.Node with
        {
            Devices = [.. entry.Node.Devices.Select(device =>
                granted.TryGetValue(new(entry.Node.Name, device.Name), out var experiment) ? device with { Experiment = experiment } : device)],
        })];
    }

    // Devices that a released experiment held are free at once, not only when their node's next offer says so.
    private void Forget(string experiment)
    {
        foreach (var (name, entry) in _nodes.ToList())
            _nodes[name] = (entry.Node with
            {
                Devices = [.. entry.Node.Devices.Select(device => device.Experiment == experiment ? device with { Experiment = null } : device)],
            }, entry.Seen);
    }

    // The queue is strict: a gang that does not fit is not overtaken by a smaller one of lower rank, or it would starve.
    private void Serve()
    {
        var blocked = false;
        foreach (var waiting in InOrder().ToList())
        {
            if (blocked)
            {
                waiting.Reason = $"waits behind {InOrder().First().Experiment}";
                continue;
            }
            var (workers, reason) = GangAllocator.Allocate(waiting.Request, View());
            waiting.Reason = reason;
            if (workers is null)
            {
                blocked = true;
                continue;
            }
            _queue.Remove(waiting.Experiment);
            _grants[waiting.Experiment] = new(waiting.Experiment, workers, time.GetUtcNow());
            Instruments.RecordQueueWait((time.GetUtcNow() - waiting.Since).TotalSeconds);
            LogGranted(waiting.Experiment, reason);
            _ = GrantAsync(waiting.Experiment, workers);
        }
    }

    // Not awaited by whoever asked: the experiment may be the caller, and grants of others are none of its business.
    private async Task GrantAsync(string experiment, IReadOnlyList<WorkerAddress> workers)
    {
        try
        {
            await grains.GetGrain<IExperimentGrain>(experiment).Granted(workers);
        }
        catch (Exception e)
        {
            LogGrantFailed(e, experiment);
            await Release(experiment);
        }
    }

    private async Task ReviewAsync()
    {
        var now = time.GetUtcNow();
        foreach (var (name, entry) in _nodes.ToList())
        {
            if (now - entry.Seen <= OfferLifetime) continue;
            _nodes.Remove(name);
            LogLost(name);
        }
        foreach (var grant in _grants.Values.Where(grant => now - grant.LastBusy > GrantPatience).ToList())
        {
            var snapshot = await grains.GetGrain<IExperimentGrain>(grant.Experiment).Get();
            if (snapshot is null || snapshot.State.IsFinal() || snapshot.State == ExperimentState.Queued) await Release(grant.Experiment);
            else grant.LastBusy = now;
        }
        Serve();
    }

    private sealed class Grant(string experiment, IReadOnlyList<WorkerAddress> workers, DateTimeOffset lastBusy)
    {
        public string Experiment => experiment;

        public IReadOnlyList<WorkerAddress> Workers => workers;

        public DateTimeOffset LastBusy { get; set; } = lastBusy;
    }

    private sealed class Waiting(string experiment, GangRequest request, int priority, DateTimeOffset since)
    {
        public string Experiment => experiment;

        public GangRequest Request => request;

        public int Priority => priority;

        public DateTimeOffset Since => since;

        public string Reason { get; set; } = "";
    }
}
