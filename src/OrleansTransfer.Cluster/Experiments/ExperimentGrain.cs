using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Storage;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Cluster.Membership;
using OrleansTransfer.Cluster.Workers;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Scheduling;
using OrleansTransfer.Contracts.Workers;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Experiments;

/// <summary>
/// The durable state machine of one run. It alone decides membership: it opens a generation, tells every worker its place, listens, and opens the next
/// one when somebody is lost or joins. What it knows is in the container before anyone acts on it, guarded by an ETag: of two that believe they own an
/// experiment, one is stopped by its next write. When its node dies it comes up on another, and learns from the workers' next reports where they stand.
/// </summary>
[GrainType("experiment"), PreferLocalPlacement, KeepAlive]
public sealed partial class ExperimentGrain(
    [PersistentState(ExperimentCatalog.StateName, ClusterStorage.Name)] IPersistentState<ExperimentSnapshot> stored,
    IBlobContainer container,
    IGrainFactory grains,
    IClusterMembershipService membership,
    ILocalSiloDetails silo,
    NodeIdentity identity,
    IOptions<GroupOptions> groupOptions,
    TimeProvider time,
    ILogger<ExperimentGrain> logger) : Grain, IExperimentGrain
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan HeartbeatPeriod = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private EventHistory _history = null!;
    private DateTimeOffset _written, _checkpointed;
    private double? _loss;
    private bool _unsaved;
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
        await _history.LoadAsync(Snapshot.HistoryPieces, cancellationToken);
        if (!Snapshot.State.IsFinal())
        {
            if (Snapshot.Owner is { } owner && (owner.IsAlive(time.GetUtcNow()) || WasHere(owner)))
            {
                TakeOver();
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
        Snapshot = Snapshot with { TotalSteps = totalSteps ?? Snapshot.TotalSteps, Deaths = [], FruitlessAttempts = 0, InfrastructureFailed = false };
        return await QueueAsync(Snapshot.Attempt + 1);
    }

    /// <inheritdoc/>
    public async Task<ExperimentSnapshot> Branch(ExperimentBranch branch)
    {
        if (!Snapshot.State.IsFinal())
            throw new InvalidOperationException($"{Id} is {Snapshot.State}; only a run that has ended goes on as another one.");
        Snapshot = Snapshot with { Recipe = branch.Recipe, Epoch = branch.Epoch, Step = branch.Step };
        _history.Add(Event("log") with { Message = branch.Note });
        await WriteHistoryAsync();
        await WriteAsync();
        return Snapshot;
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
        var cluster = await grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).GetStatus();
        switch (Snapshot.State)
        {
            case ExperimentState.Queued:
                await StartAsync(workers, cluster);
                break;
            case ExperimentState.Starting or ExperimentState.Running when _roster is not null:
                Admit(workers, cluster);
                break;
            default:
                await ReleaseAsync();
                break;
        }
    }

    /// <inheritdoc/>
    public async Task<WorkerDirective> Report(WorkerReport report)
    {
        if (_roster is null || !_roster.Counts(report) || IsDead(report.Silo)) return WorkerDirective.Stop;
        var repeats = IsToRepeat(report);
        if (_roster.Take(report, time.GetUtcNow()))
            TakeProgress(repeats ? report with { Events = [.. report.Events.Where(e => e.Kind is not ("step" or "epoch"))] } : report);
        await JudgeAsync();
        return DirectiveFor(report) is var directive && directive == WorkerDirective.Continue && repeats ? WorkerDirective.Repeat : directive;
    }

    /// <inheritdoc/>
    public async Task<bool> CommitCheckpoint(WorkerAddress worker, string silo, string manifest)
    {
        if (_roster is null || !_roster.Counts(worker) || IsDead(silo)) return false;

        // If another activation has taken the experiment over, these writes fail, and with them the commit.
        await WriteHistoryAsync();
        await WriteAsync();
        var parsed = CheckpointStore.Parse(manifest);
        try
        {
            await new CheckpointStore(container, Id).CommitAsync(parsed, CancellationToken.None);
        }
        catch (BlobConflictException)
        {
            // The worker did not hear the answer to its first call.
        }
        _checkpointed = time.GetUtcNow();
        if (_roster is { Stage: GroupStage.Saving } && parsed.Attempt == CheckpointUploader.NameOf(Snapshot.Generation)) _roster.Saved = true;
        return true;
    }

    private void TakeProgress(WorkerReport report)
    {
        foreach (var e in report.Events.Where(IsNews)) _history.Add(e with { Generation = Snapshot.Generation });
        Snapshot = Snapshot with
        {
            Step = Math.Max(Snapshot.Step, report.Position?.GlobalStep ?? 0),
            Epoch = report.Events.Where(e => e.Kind == "epoch").Select(e => e.Epoch).Append(Snapshot.Epoch).Max(),
            Metrics = _figures.Of(report.Events) ?? Snapshot.Metrics,
            Bundle = report.Bundle ?? Snapshot.Bundle,
            Seconds = Math.Max(Snapshot.Seconds, Snapshot.EarlierSeconds + report.Seconds),
        };
        if (_roster?.Members.FirstOrDefault() == report.Worker)
            Snapshot = Snapshot with
            {
                Confusion = report.Confusion ?? Snapshot.Confusion,
                SamplesPerSecond = report.SamplesPerSecond > 0 ? report.SamplesPerSecond : Snapshot.SamplesPerSecond,
            };
        ShowProgress(report.Events);
    }

    // Once per activation that took a run over. Its answer may be lost, and the report come again.
    private bool IsToRepeat(WorkerReport report)
    {
        if (report.Worker != _roster!.Members.FirstOrDefault()) return false;
        if (_mayMissReports) (_mayMissReports, _repeated) = (false, report.Number);
        return report.Number == _repeated;
    }

    // A new rank 0 reports once more what the one before it may not have lived to report.
    private bool IsNews(ExperimentEvent e)
    {
        switch (e.Kind)
        {
            case "step":
                if (e.Step <= _reportedStep) return false;
                _reportedStep = e.Step;
                return true;
            case "epoch":
                if (e.Epoch <= _reportedEpoch) return false;
                _reportedEpoch = e.Epoch;
                return true;
            case "pick":
                return !_figures.HasPickedOf(e.Epoch);
            default:
                return true;
        }
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
            Snapshot.Metrics.TryGetValue("accuracy", out var accuracy) ? accuracy : null,
            _lateness,
            _checkpointed));
    }

    private async Task<ExperimentSnapshot> QueueAsync(int attempt, string? reason = null)
    {
        Snapshot = Snapshot with
        {
            Attempt = attempt,
            EarlierSeconds = Snapshot.Seconds,
            Bundle = null,
            Owner = Self(),
        };
        await MoveAsync(ExperimentState.Queued, reason);
        await RequestDevicesAsync();
        return Snapshot;
    }

    private async Task RequestDevicesAsync()
    {
        string? reason;
        try
        {
            reason = await grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key)
                .Request(Id, GangFor(Snapshot.Recipe.Resources.Workers), Snapshot.Recipe.Resources.Priority);
        }
        catch (OrleansException e)
        {
            // Its node may be the one that has just died; the request is repeated until one comes up.
            LogSchedulerAway(Id, e.Message);
            return;
        }
        if (reason is null || reason == Snapshot.Reason) return;
        Snapshot = Snapshot with { Reason = reason };
        _history.Add(Event("log") with { Message = $"Waiting: {reason}." });
        await WriteAsync();
    }

    private async Task EndAsync(ExperimentState state, string? reason)
    {
        await StopAsync(state, reason);
        await ReleaseAsync();
    }

    private async Task StopAsync(ExperimentState state, string? reason)
    {
        var workers = (_roster?.Everyone ?? Snapshot.Workers.Select(WorkerAddress.Parse)).ToList();
        _roster = null;
        if (state == ExperimentState.Failed)
        {
            Instruments.Failed("run");
            _history.Add(Event("failure") with { Message = reason });
        }
        try
        {
            await MoveAsync(state, reason);
        }
        catch (IOException e)
        {
            // It has ended all the same, and is written down when the container takes it.
            _unsaved = true;
            LogContainerAway(Id, e.Message);
        }

        Instruments.ExperimentEnded(Id);

        Dismiss(workers, reason ?? $"The run is {state.ToString().ToLowerInvariant()}.");
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
        if (state.IsFinal()) await WriteHistoryAsync();
        await WriteAsync();
    }

    // Like a conflict of the grain's state: this activation ends, and whoever called it asks the one that lives.
    private async Task WriteHistoryAsync()
    {
        try
        {
            await _history.FlushAsync(CancellationToken.None);
        }
        catch (BlobConflictException e)
        {
            DeactivateOnIdle();
            throw new InconsistentStateException($"{Id} is coordinated by another activation: {e.Message}");
        }
    }

    private ExperimentOwner Self() => new(
        Environment.MachineName, Environment.ProcessId, ProcessStart.Current, identity.Http, time.GetUtcNow(), silo.SiloAddress.ToString());

    // Its silo was a member of this very cluster: the run is this cluster's to go on with.
    private bool WasHere(ExperimentOwner owner) =>
        owner.Silo.Length > 0 && membership.CurrentSnapshot.Members.Keys.Any(address => address.ToString() == owner.Silo);

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
        Snapshot = Snapshot with
        {
            Updated = _written,
            HistoryPieces = _history.Pieces,
            Owner = Snapshot.Owner is { } owner ? owner with { Heartbeat = _written } : null,
        };
        await stored.WriteStateAsync();
        _unsaved = false;
    }

    private void StartTicking()
    {
        _checkpointed = time.GetUtcNow();
        this.RegisterGrainTimer(_ => TickAsync(), new GrainTimerCreationOptions(Tick, Tick) { KeepAlive = true });
    }

    private async Task TickAsync()
    {
        try
        {
            await StepAsync();
        }
        catch (IOException e)
        {
            // The container is away, or full. What is not written stays here, and is with one of the next ticks.
            LogContainerAway(Id, e.Message);
        }
    }

    private async Task StepAsync()
    {
        if (IsOutcast) return;
        Listen();
        try
        {
            await _history.FlushAsync(CancellationToken.None);
        }
        catch (BlobConflictException)
        {
            // Another activation wrote the history meanwhile. Whoever of the two is right finds the end of it when it comes up anew.
            DeactivateOnIdle();
            return;
        }
        if (Snapshot.State.IsFinal())
        {
            if (_unsaved) await WriteAsync();
            return;
        }

        if (Snapshot.State == ExperimentState.Queued) await RequestDevicesAsync();
        if (_roster is not null)
        {
            WatchNodes(_roster);
            WatchPace(_roster);
            await JudgeAsync();
            TellKeeper();
            AskForMore();
        }
        if (!Snapshot.State.IsFinal() && time.GetUtcNow() - _written > HeartbeatPeriod) await WriteAsync();
    }
}
