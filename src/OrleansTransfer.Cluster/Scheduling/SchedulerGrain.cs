using Microsoft.Extensions.Logging;
using Orleans.Placement;
using Orleans.Runtime;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Scheduling;
using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Scheduling;

/// <summary>
/// Keeps no durable state: nodes repeat their offers every second and waiting experiments repeat their requests, so a scheduler that comes up anew
/// knows everything again within seconds.
/// </summary>
[PreferLocalPlacement, KeepAlive]
public sealed partial class SchedulerGrain(
    IGrainFactory grains, IClusterMembershipService membership, TimeProvider time, ILogger<SchedulerGrain> logger) : Grain, ISchedulerGrain
{
    private static readonly TimeSpan OfferLifetime = TimeSpan.FromSeconds(5);

    // A grant whose devices stay idle this long was lost on its way, or its experiment forgot to give it back.
    private static readonly TimeSpan GrantPatience = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan WishLifetime = TimeSpan.FromSeconds(3);

    private readonly Dictionary<string, (NodeStatus Node, DateTimeOffset Seen)> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Grant> _grants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Waiting> _queue = new(StringComparer.Ordinal);

    // Experiments that run with fewer devices than they want; they repeat their wish for as long as they have it.
    private readonly Dictionary<string, Waiting> _growing = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        this.RegisterGrainTimer(_ => ReviewAsync(), new GrainTimerCreationOptions(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)) { KeepAlive = true });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Instruments.SetQueuedDevices(0);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<string?> Offer(NodeStatus node)
    {
        if (ClusterVersion.Refusal(node.Version, node.Protocol) is { } refusal) return Task.FromResult<string?>(refusal);
        if (!_nodes.ContainsKey(node.Name)) LogJoined(node.Name, node.Devices.Count);
        _nodes[node.Name] = (node, time.GetUtcNow());
        foreach (var device in node.Devices)
            if (device.Experiment is { } experiment && _grants.TryGetValue(experiment, out var grant)) grant.Busy(new(node.Name, device.Name), time.GetUtcNow());
        Serve();
        return Task.FromResult<string?>(null);
    }

    /// <inheritdoc/>
    public Task Withdraw(string node)
    {
        if (_nodes.Remove(node)) LogWithdrawn(node);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<string?> Request(string experiment, GangRequest request, int priority)
    {
        _growing.Remove(experiment);
        if (_grants.ContainsKey(experiment)) return Task.FromResult<string?>(null);
        var since = _queue.TryGetValue(experiment, out var known) ? known.Since : time.GetUtcNow();
        _queue[experiment] = new(experiment, request, priority, since);
        Serve();
        return Task.FromResult(_queue.TryGetValue(experiment, out var waiting) ? waiting.Reason : null);
    }

    /// <inheritdoc/>
    public Task RequestMore(string experiment, GangRequest request, int priority)
    {
        _growing[experiment] = new(experiment, request, priority, time.GetUtcNow());
        Serve();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Release(string experiment)
    {
        _queue.Remove(experiment);
        _growing.Remove(experiment);
        _grants.Remove(experiment);
        Forget(experiment, _ => true);
        Serve();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task ReleaseSome(string experiment, IReadOnlyList<WorkerAddress> workers)
    {
        if (_grants.TryGetValue(experiment, out var grant)) grant.Drop(workers);
        Forget(experiment, workers.Contains);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<ClusterStatus> GetStatus() => Task.FromResult(new ClusterStatus(
        [.. View().OrderBy(node => node.Name, StringComparer.Ordinal)],
        [.. InOrder().Select(waiting => new QueueEntry(waiting.Experiment, waiting.Request.Workers, waiting.Priority, waiting.Since, waiting.Reason))]));

    private IEnumerable<Waiting> InOrder() => InOrder(_queue);

    private static IEnumerable<Waiting> InOrder(Dictionary<string, Waiting> queue) => queue.Values.OrderByDescending(waiting => waiting.Priority).ThenBy(waiting => waiting.Since).ThenBy(waiting => waiting.Experiment, StringComparer.Ordinal);

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
    private void Forget(string experiment, Func<WorkerAddress, bool> which)
    {
        foreach (var (name, entry) in _nodes.ToList())
            _nodes[name] = (entry.Node with
            {
                Devices = [.. entry.Node.Devices.Select(device =>
                    device.Experiment == experiment && which(new(name, device.Name)) ? device with { Experiment = null } : device)],
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
        if (_queue.Count == 0) Extend();
    }

    // Whoever waits for a gang would wait for ever if those that run took each device that comes free.
    private void Extend()
    {
        foreach (var growing in InOrder(_growing).ToList())
        {
            _growing.Remove(growing.Experiment);
            if (time.GetUtcNow() - growing.Since > WishLifetime) continue;
            var workers = GangAllocator.Extend(growing.Experiment, growing.Request, View());
            if (workers.Count == 0) continue;
            if (_grants.TryGetValue(growing.Experiment, out var grant)) grant.Add(workers, time.GetUtcNow());
            else _grants[growing.Experiment] = new(growing.Experiment, workers, time.GetUtcNow());
            LogExtended(growing.Experiment, workers.Count);
            _ = GrantAsync(growing.Experiment, workers);
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
            LogGrantFailed(experiment, e.Message.Split('\n')[0].Trim());
            await ReleaseSome(experiment, workers);
            Serve();
        }
    }

    private async Task ReviewAsync()
    {
        var now = time.GetUtcNow();
        foreach (var (name, entry) in _nodes.ToList())
        {
            if (now - entry.Seen <= OfferLifetime && !HasDied(name)) continue;
            _nodes.Remove(name);
            LogLost(name);
        }
        foreach (var grant in _grants.Values.ToList())
        {
            var idle = grant.IdleSince(now - GrantPatience);
            if (idle.Count == 0) continue;
            var snapshot = await grains.GetGrain<IExperimentGrain>(grant.Experiment).Get();
            if (snapshot is null || snapshot.State.IsFinal() || snapshot.State == ExperimentState.Queued) await Release(grant.Experiment);
            else await ReleaseSome(grant.Experiment, [.. idle.Where(worker => !snapshot.Workers.Contains(worker.ToString()))]);
        }
        Serve();
        Instruments.SetQueuedDevices(_queue.Values.Sum(waiting => waiting.Request.Workers));
    }

    // By name: a node that came back under it is another silo, and active.
    private bool HasDied(string node)
    {
        var silos = membership.CurrentSnapshot.Members.Values.Where(member => member.Name == node).ToList();
        return silos.Count > 0 && silos.All(member => member.Status == SiloStatus.Dead);
    }

    private sealed class Grant
    {
        private readonly Dictionary<WorkerAddress, DateTimeOffset> _lastBusy = [];

        public Grant(string experiment, IReadOnlyList<WorkerAddress> workers, DateTimeOffset now)
        {
            Experiment = experiment;
            Add(workers, now);
        }

        public string Experiment { get; }

        public IEnumerable<WorkerAddress> Workers => _lastBusy.Keys;

        public void Add(IEnumerable<WorkerAddress> workers, DateTimeOffset now)
        {
            foreach (var worker in workers) _lastBusy[worker] = now;
        }

        public void Drop(IEnumerable<WorkerAddress> workers)
        {
            foreach (var worker in workers) _lastBusy.Remove(worker);
        }

        public void Busy(WorkerAddress worker, DateTimeOffset now)
        {
            if (_lastBusy.ContainsKey(worker)) _lastBusy[worker] = now;
        }

        public IReadOnlyList<WorkerAddress> IdleSince(DateTimeOffset then) => [.. _lastBusy.Where(pair => pair.Value < then).Select(pair => pair.Key)];
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
