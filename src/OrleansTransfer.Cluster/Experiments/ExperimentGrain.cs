using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Placement;
using Orleans.Runtime;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Scheduling;
using OrleansTransfer.Contracts.Workers;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Experiments;

/// <summary>
/// The durable state machine of one run. It alone decides membership: it opens a generation, tells every worker its place, listens, and ends the run for
/// everyone when one of them cannot go on. What it knows is in the container before anyone acts on it, guarded by an ETag: of two that believe they own
/// an experiment, one is stopped by its next write.
/// </summary>
[GrainType("experiment"), PreferLocalPlacement, KeepAlive]
public sealed partial class ExperimentGrain(
    [PersistentState(ExperimentCatalog.StateName, ClusterStorage.Name)] IPersistentState<ExperimentSnapshot> stored,
    IBlobContainer container,
    IGrainFactory grains,
    IClusterMembershipService membership,
    NodeIdentity identity,
    IOptions<WatchOptions> watchOptions,
    TimeProvider time,
    ILogger<ExperimentGrain> logger) : Grain, IExperimentGrain
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan HeartbeatPeriod = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private EventHistory _history = null!;
    private GroupWatch? _watch;
    private DateTimeOffset _written;
    private double? _loss;
    private ExperimentState? _counted;

    private string Id => this.GetPrimaryKeyString();

    private ExperimentSnapshot Snapshot
    {
        get => stored.State;
        set => stored.State = value;
    }

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Instruments.ExperimentMoved(null, _counted = stored.RecordExists ? Snapshot.State : null);
        _history = new(new(container, Id), time);
        if (!stored.RecordExists) return;
        await _history.LoadAsync(cancellationToken);
        if (Snapshot.State is ExperimentState.Starting or ExperimentState.Running)
        {
            if (Snapshot.Owner?.IsAlive(time.GetUtcNow()) == true)
            {
                // Orleans takes grains down whose directory entry was on a node that died, wherever they are. The workers train on; whether the group
                // is still whole, the watch will find out.
                _watch = new(
                    [.. Snapshot.Workers.Select(WorkerAddress.Parse)], watchOptions.Value, time.GetUtcNow(), Snapshot.State == ExperimentState.Running);
                Snapshot = Snapshot with { Owner = Self() };
                StartTicking();
                return;
            }

            // Not waited for: the scheduler may be the one who waits for this activation, to ask what became of a grant.
            await StopAsync(ExperimentState.Interrupted, $"the process that coordinated the run ({Snapshot.Owner?.Http}) is gone");
            _ = ReleaseAsync();
        }
        StartTicking();
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Instruments.ExperimentMoved(_counted, null);
        Instruments.ExperimentEnded(Id);
        await _history.FlushAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ExperimentSnapshot> Submit(ExperimentSubmission submission)
    {
        if (stored.RecordExists) return Snapshot;
        Snapshot = new()
        {
            Id = Id,
            Recipe = submission.Recipe,
            Labels = submission.Labels,
            TrainingSamples = submission.TrainingSamples,
            ValidationSamples = submission.ValidationSamples,
            BrokenFiles = submission.BrokenFiles,
            WeightsSha256 = submission.WeightsSha256,
            TotalSteps = submission.TotalSteps,
            Created = time.GetUtcNow(),
        };
        StartTicking();
        return await QueueAsync(attempt: 1);
    }

    /// <inheritdoc/>
    public Task<ExperimentSnapshot?> Get() => Task.FromResult(stored.RecordExists ? Snapshot : null);

    /// <inheritdoc/>
    public async Task<ExperimentSnapshot> Cancel(string reason)
    {
        if (!Snapshot.State.IsFinal()) await EndAsync(ExperimentState.Cancelled, reason);
        return Snapshot;
    }

    /// <inheritdoc/>
    public async Task<ExperimentSnapshot> Resume(int? epochs, long? totalSteps)
    {
        if (!Snapshot.State.IsFinal()) return Snapshot;
        if (epochs is { } count)
            Snapshot = Snapshot with { Recipe = Snapshot.Recipe with { Training = Snapshot.Recipe.Training with { Epochs = count } } };
        Snapshot = Snapshot with { TotalSteps = totalSteps ?? Snapshot.TotalSteps };
        return await QueueAsync(Snapshot.Attempt + 1);
    }

    /// <inheritdoc/>
    public async Task<EventPage> ReadEvents(long from, int max, TimeSpan wait, CancellationToken cancellationToken)
    {
        var events = await _history.ReadAsync(from, max, Snapshot.State.IsFinal() ? TimeSpan.Zero : wait < LongestWait ? wait : LongestWait, cancellationToken);
        return new(events, Snapshot.State);
    }

    /// <inheritdoc/>
    public async Task Granted(IReadOnlyList<WorkerAddress> workers)
    {
        if (Snapshot.State != ExperimentState.Queued)
        {
            await ReleaseAsync();
            return;
        }

        var resume = Snapshot.Attempt > 1 ? await FindCheckpointAsync() : null;
        var lost = Math.Max(0, Snapshot.Step - (resume?.Step ?? 0));
        Snapshot = Snapshot with
        {
            Generation = Snapshot.Generation + 1,
            Workers = [.. workers.Select(worker => worker.ToString())],
            Step = resume?.Step ?? 0,
            StepsLost = Snapshot.StepsLost + lost,
        };
        Instruments.GenerationChanged(Snapshot.Attempt == 1 ? "start" : "resume");
        await MoveAsync(ExperimentState.Starting, resume is null ? null : $"from the checkpoint of step {resume.Step}");

        var watch = _watch = new(workers, watchOptions.Value, time.GetUtcNow());
        var (generation, attempt) = (Snapshot.Generation, Snapshot.Attempt);
        var cluster = await grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).GetStatus();
        await Task.WhenAll(workers.Select(async (worker, rank) =>
        {
            try
            {
                await grains.GetGrain<IWorkerGrain>(worker.ToString()).Start(
                    new(Id, generation, rank, workers, Snapshot.Recipe, Snapshot.WeightsSha256, attempt, resume, NeighboursOf(worker, cluster)));
            }
            catch (Exception e)
            {
                watch.StartFailed(rank, e.Message);
            }
        }));

        // A device that still winds down from another run delays its worker, and this grain takes no reports meanwhile: that is not silence.
        watch.Started(time.GetUtcNow());
        await JudgeAsync();
    }

    /// <inheritdoc/>
    public async Task<bool> Report(WorkerReport report)
    {
        if (_watch is null || report.Generation != Snapshot.Generation || Snapshot.State.IsFinal()) return false;
        if (_watch.Take(report, time.GetUtcNow()) && report.Rank == 0) TakeProgress(report);
        await JudgeAsync();
        return !Snapshot.State.IsFinal() || report.Kind == WorkerReportKind.Finished;
    }

    // Chosen here, once, so that every rank starts from the same one.
    private async Task<CheckpointReference?> FindCheckpointAsync()
    {
        var found = await new CheckpointStore(container, Id).FindNewestAsync(CheckpointCheck.Content, CancellationToken.None);
        foreach (var skipped in found.Skipped)
            _history.Add(Event("log") with { Message = $"Checkpoint {skipped.Name} is damaged and was passed over: {skipped.Reason}" });
        return found.Newest is { } newest ? new(newest.Step, newest.Attempt) : null;
    }

    private static int NeighboursOf(WorkerAddress worker, ClusterStatus cluster)
    {
        var machine = cluster.Nodes.FirstOrDefault(node => node.Name == worker.Node)?.Machine;
        var devices = cluster.Nodes.Where(node => node.Machine == machine).SelectMany(node => node.Devices);
        return Math.Max(1, devices.Count(device => device.Name.StartsWith("cpu", StringComparison.Ordinal)));
    }

    private void TakeProgress(WorkerReport report)
    {
        foreach (var e in report.Events) _history.Add(e with { Generation = report.Generation });
        Snapshot = Snapshot with
        {
            Step = Math.Max(Snapshot.Step, report.Step),
            Epoch = report.Events.Where(e => e.Kind == "epoch").Select(e => e.Epoch).Append(Snapshot.Epoch).Max(),
            Metrics = report.Events.LastOrDefault(e => e.Kind == "epoch")?.Values ?? Snapshot.Metrics,
            Confusion = report.Confusion ?? Snapshot.Confusion,
            Bundle = report.Bundle ?? Snapshot.Bundle,
            SamplesPerSecond = report.SamplesPerSecond > 0 ? report.SamplesPerSecond : Snapshot.SamplesPerSecond,
            Seconds = Snapshot.EarlierSeconds + report.Seconds,
        };
        ShowProgress(report.Events);
    }

    private void ShowProgress(IReadOnlyList<ExperimentEvent> events)
    {
        if (events.LastOrDefault(e => e.Kind == "step")?.Values is { } values && values.TryGetValue("loss", out var loss)) _loss = loss;
        Instruments.ExperimentProgressed(new(
            Id,
            Snapshot.Recipe.Model.Backbone,
            Snapshot.Recipe.Transfer.Method,
            Snapshot.Workers.Count,
            Snapshot.TotalSteps > 0 ? (double)Snapshot.Step / Snapshot.TotalSteps : 0,
            _loss,
            Snapshot.Metrics.TryGetValue("accuracy", out var accuracy) ? accuracy : null));
    }

    private async Task<ExperimentSnapshot> QueueAsync(int attempt)
    {
        Snapshot = Snapshot with
        {
            Attempt = attempt,
            EarlierSeconds = Snapshot.Seconds,
            Bundle = null,
            Owner = Self(),
        };
        await MoveAsync(ExperimentState.Queued, null);
        await RequestDevicesAsync();
        return Snapshot;
    }

    private async Task RequestDevicesAsync()
    {
        var resources = Snapshot.Recipe.Resources;
        var reason = await grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).Request(Id, resources.Workers, resources.Device, resources.Priority);
        if (reason is null || reason == Snapshot.Reason) return;
        Snapshot = Snapshot with { Reason = reason };
        _history.Add(Event("log") with { Message = $"Waiting: {reason}." });
        await WriteAsync();
    }

    private async Task JudgeAsync()
    {
        if (_watch is null) return;
        var (verdict, reason) = _watch.Judge(time.GetUtcNow());
        switch (verdict)
        {
            case GroupVerdict.Running when Snapshot.State == ExperimentState.Starting:
                await MoveAsync(ExperimentState.Running, null);
                break;
            case GroupVerdict.Finished:
                await EndAsync(ExperimentState.Completed, null);
                break;
            case GroupVerdict.Broken:
                await EndAsync(ExperimentState.Failed, reason);
                break;
        }
    }

    private async Task EndAsync(ExperimentState state, string? reason)
    {
        await StopAsync(state, reason);
        await ReleaseAsync();
    }

    private async Task StopAsync(ExperimentState state, string? reason)
    {
        var (workers, generation) = (Snapshot.Workers, Snapshot.Generation);
        _watch = null;
        if (state == ExperimentState.Failed)
        {
            Instruments.Failed("run");
            _history.Add(Event("failure") with { Message = reason });
        }
        await MoveAsync(state, reason);
        Instruments.ExperimentEnded(Id);

        if (state != ExperimentState.Completed)
        {
            // Nobody waits for the answers: a node may die meanwhile. One that is dead already has no worker to stop.
            var live = LiveNodes().ToHashSet(StringComparer.Ordinal);
            foreach (var worker in workers.Where(worker => live.Contains(WorkerAddress.Parse(worker).Node)))
                grains.GetGrain<IWorkerGrain>(worker).Stop(Id, generation, reason ?? state.ToString()).Ignore();
        }
    }

    private async Task ReleaseAsync()
    {
        try
        {
            await grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).Release(Id);
        }
        catch (Exception e)
        {
            // The scheduler finds a forgotten grant by itself.
            LogReleaseFailed(Id, e.Message);
        }
    }

    private async Task MoveAsync(ExperimentState state, string? reason)
    {
        LogMoved(Id, state, reason ?? "");
        Instruments.ExperimentMoved(_counted, state);
        _counted = state;
        Snapshot = Snapshot with { State = state, Reason = reason };
        _history.Add(Event("state") with { Message = state.ToString() });
        if (reason is not null && state == ExperimentState.Starting) _history.Add(Event("log") with { Message = $"Resuming {reason}." });

        // History first: whoever finds the state final reads the history from the container and must find its end there.
        if (state.IsFinal()) await _history.FlushAsync(CancellationToken.None);
        await WriteAsync();
    }

    private ExperimentOwner Self() => new(Environment.MachineName, Environment.ProcessId, ProcessStart.Current, identity.Http, time.GetUtcNow());

    private ExperimentEvent Event(string kind) => new()
    {
        Sequence = 0,
        Time = time.GetUtcNow(),
        Kind = kind,
        Generation = Snapshot.Generation,
        Step = Snapshot.Step,
        Epoch = Snapshot.Epoch,
    };

    private async Task WriteAsync()
    {
        _written = time.GetUtcNow();
        Snapshot = Snapshot with { Updated = _written, Owner = Snapshot.Owner is { } owner ? owner with { Heartbeat = _written } : null };
        await stored.WriteStateAsync();
    }

    private void StartTicking() =>
        this.RegisterGrainTimer(_ => TickAsync(), new GrainTimerCreationOptions(Tick, Tick) { KeepAlive = true });

    private async Task TickAsync()
    {
        await _history.FlushAsync(CancellationToken.None);
        if (Snapshot.State.IsFinal()) return;
        if (Snapshot.State == ExperimentState.Queued) await RequestDevicesAsync();
        if (_watch is not null)
        {
            foreach (var node in Snapshot.Workers.Select(worker => WorkerAddress.Parse(worker).Node).Distinct().Except(LiveNodes()))
                _watch.NodeLost(node);
            await JudgeAsync();
        }
        if (!Snapshot.State.IsFinal() && time.GetUtcNow() - _written > HeartbeatPeriod) await WriteAsync();
    }

    private IEnumerable<string> LiveNodes() =>
        membership.CurrentSnapshot.Members.Values.Where(member => member.Status is SiloStatus.Active or SiloStatus.Joining or SiloStatus.ShuttingDown).Select(member => member.Name);
}
