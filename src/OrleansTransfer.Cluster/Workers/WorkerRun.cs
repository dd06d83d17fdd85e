using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansTransfer.Cluster.Exchange;
using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Workers;
using OrleansTransfer.Learning;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>
/// One worker's part in one attempt of an experiment, from loading until it is told to leave. Its replica outlives the generations of the group: a
/// thread takes one order after another, and rests between them at a step boundary.
/// </summary>
public sealed partial class WorkerRun
{
    private static readonly TimeSpan s_handoverDeadline = TimeSpan.FromSeconds(30);

    private readonly NodeIdentity _identity;
    private readonly WorkerAddress _worker;
    private readonly GroupJoiner _groups;
    private readonly IBlobContainer _container;
    private readonly IGrainFactory _grains;
    private readonly ReportChannel _reports;
    private readonly NodeTokens _tokens;
    private readonly FeatureStore _features;
    private readonly TimeProvider _time;
    private readonly ILogger<WorkerRun> _logger;
    private readonly WorkerLogScope _scope;
    private readonly WorkerOrders _orders = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<int, TaskCompletionSource<ReplicaHandover>> _handovers = new();
    private volatile Opened? _opened;
    private string? _stopReason;

    internal WorkerRun(
        NodeIdentity identity,
        WorkerAddress worker,
        string silo,
        WorkerAssignment assignment,
        GroupJoiner groups,
        IBlobContainer container,
        IGrainFactory grains,
        NodeTokens tokens,
        FeatureStore features,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        (_identity, _worker, Assignment, _groups, _container, _grains, _tokens, _features, _time) =
            (identity, worker, assignment, groups, container, grains, tokens, features, time);
        _logger = loggers.CreateLogger<WorkerRun>();
        _scope = new(assignment.Experiment, worker);
        _reports = new(
            Experiment,
            new() { Worker = worker, Silo = silo, Attempt = assignment.Attempt, Number = 0, Phase = WorkerPhase.Loading },
            Obey,
            time,
            loggers.CreateLogger<ReportChannel>());
    }

    /// <summary>What the worker was asked to do.</summary>
    public WorkerAssignment Assignment { get; }

    /// <summary>Completes when the device is free again.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Whether it was told to stop.</summary>
    public bool IsStopping => _stop.IsCancellationRequested;

    private IExperimentGrain Experiment => _grains.GetGrain<IExperimentGrain>(Assignment.Experiment);

    /// <summary>Takes an order to open a generation.</summary>
    public void Open(GroupOrder order)
    {
        // In one report: a worker that knows of the generation and still seems to rest would be taken for one that has given it up.
        if (_orders.Post(order))
            _reports.Update(
                status => status with
                {
                    Generation = order.Generation,
                    Phase = WorkerPhase.Training,
                    Reason = null,
                    Blames = null,
                    Activity = "joining",
                },
                now: true);
    }

    /// <summary>Takes an order to ask for a pause.</summary>
    public void Pause(int generation) => _orders.Pause(generation);

    /// <summary>Takes in that a generation is given up.</summary>
    public void Halt(int generation, string reason)
    {
        var unopened = _orders.Halt(generation);
        if (_opened is { } opened && opened.Generation <= generation) opened.GiveUp(reason);
        _reports.Update(
            status => status with
            {
                Generation = _orders.Noted,
                Phase = unopened ? WorkerPhase.Halted : status.Phase,
                Activity = unopened ? null : status.Activity,
            },
            now: true);
    }

    /// <summary>Takes an order to store the replica.</summary>
    public void Save(int generation) => _orders.Save(generation);

    /// <summary>Asks the experiment to do without this worker, because its node shuts down.</summary>
    public void Leave() => _reports.Update(status => status with { Leaving = true }, now: true);

    /// <summary>Asks the run to end at once; it reports that it was stopped.</summary>
    public void Stop(string reason)
    {
        Interlocked.CompareExchange(ref _stopReason, reason, null);
        _stop.Cancel();
        _opened?.GiveUp(reason);
    }

    /// <summary>The replica that this worker hands over when a generation opens.</summary>
    /// <exception cref="InvalidOperationException">It hands none over.</exception>
    public async Task<ReplicaHandover> HandoverAsync(int generation)
    {
        if (_orders.Noted > generation) throw new InvalidOperationException($"Generation {generation} is over.");
        try
        {
            return await _handovers.GetOrAdd(generation, _ => new(TaskCreationOptions.RunContinuationsAsynchronously))
                .Task.WaitAsync(s_handoverDeadline, _time, _stop.Token);
        }
        catch (TimeoutException)
        {
            throw new InvalidOperationException($"Worker {_worker} had no replica to hand over within {s_handoverDeadline.TotalSeconds:0} s.");
        }
    }

    internal void Begin(Action ended) => _ = Task.Run(() => ExecuteAsync(ended));

    private async Task ExecuteAsync(Action ended)
    {
        using var scope = _logger.BeginScope(_scope);
        using var reporting = new CancellationTokenSource();
        var signsOfLife = _reports.RunAsync(reporting.Token);
        var (phase, reason) = (WorkerPhase.Stopped, "");
        try
        {
            var inputs = await ReplicaInputs.LoadAsync(Assignment, _container, _identity.CacheFolder, _stop.Token);
            await using var checkpoints = new CheckpointUploader(
                new(_container, Assignment.Experiment), CommitAsync, Assignment.Recipe.Checkpoint.Keep, _reports, _time, _stop.Token);
            await OnThreadOfItsOwnAsync(() => Work(inputs, checkpoints));
        }
        catch (Exception e)
        {
            (phase, reason) = Explain(e);
        }
        finally
        {
            ended();
            _completion.SetResult();
        }
        LogEnded(phase, reason);
        await reporting.CancelAsync();
        await signsOfLife;
        _reports.Update(status => status with { Phase = phase, Reason = reason, Activity = null });
        await _reports.SendAsync(CancellationToken.None);
    }

    // Never returns: the worker is told to stop, or something fails.
    private void Work(ReplicaInputs inputs, CheckpointUploader checkpoints)
    {
        using var tokens = _tokens.Hold(Assignment.Experiment);
        using var training = new ReplicaTraining(_worker, Assignment, inputs, _reports, checkpoints, _orders, tokens, _features, _time);
        _reports.Complete = status => training.Activity is { } activity ? status with { Activity = activity } : status;
        _reports.Update(status => status with { Phase = WorkerPhase.Ready, Position = PositionOf(training) }, now: true);
        LogReady(training.Position?.GlobalStep ?? 0);
        try
        {
            while (true)
            {
                var (open, save) = _orders.Take(_stop.Token);
                if (open is not null) Train(training, open, inputs, checkpoints);
                else
                {
                    checkpoints.Enqueue(training.Capture(), save);
                    checkpoints.DrainAsync().GetAwaiter().GetResult();
                }
            }
        }
        finally
        {
            foreach (var generation in _handovers.Keys) EndHandover(generation);
        }
    }

    private void Train(ReplicaTraining training, GroupOrder order, ReplicaInputs inputs, CheckpointUploader checkpoints)
    {
        foreach (var earlier in _handovers.Keys.Where(generation => generation < order.Generation)) EndHandover(earlier);
        using var group = new Opened(order.Generation, _groups, Assignment, order, _stop.Token);
        _opened = group;
        _scope.Place(order.Generation, order.Rank);
        try
        {
            // It may have been given up between its order and here.
            if (_orders.IsHalted(order.Generation)) group.GiveUp("The generation was given up.");
            var exchange = group.Join(order.Rank);
            TakePlace(training, order, group);

            // Known before the first step: if that ends the process, it was the training that did.
            _reports.Update(status => status with { Activity = "training" }, now: true);
            LogOpened(order.Group.Count, order.From.GlobalStep);
            _scope.Done(order.From.GlobalStep);
            training.StepDone = step =>
            {
                _scope.Done(step);
                EndHandover(order.Generation);
            };
            if (training.Run(exchange, order, _stop.Token) is not { } result)
            {
                Rest(training, WorkerPhase.Halted, null, null);
                return;
            }
            _reports.Update(status => status with { Digest = training.Digest() });
            if (order.Rank == 0) Publish(training.Outcome(result), order.Group, inputs, checkpoints);
            Rest(training, WorkerPhase.Finished, null, null);
        }
        catch (Exception e) when (e is ExchangeAbortedException or HandoverException or GenerationOverException)
        {
            LogBrokeUp(Assignment.Experiment, order.Generation, order.Rank, e.Message);
            Rest(training, WorkerPhase.Halted, e.Message, e is HandoverException ? order.Source!.Node : group.BrokenOffBy);
        }
        catch (Exception e)
        {
            // The others must not wait for it until the experiment has told them.
            group.GiveUp($"Worker {_worker} stopped: {e.Message}");
            throw;
        }
        finally
        {
            _opened = null;
        }
    }

    // Brings the replica to where the generation starts, and hands it to those who are not there.
    private void TakePlace(ReplicaTraining training, GroupOrder order, Opened group)
    {
        var from = WorkerPositions.Of(order.From);
        if (!from.Equals(training.Position))
        {
            if (order.Source is not { } source || source == _worker)
                throw new InvalidOperationException($"The group starts from {order.From}, and the replica of rank {order.Rank} stands elsewhere.");
            _reports.Update(status => status with { Activity = "taking over" });
            var receiver = new ReplicaReceiver(_grains.GetGrain<IWorkerGrain>(source.ToString()), Assignment.Experiment, order.Generation);
            var (checkpoint, epochs) = Receive(receiver, group, source);
            using (checkpoint) training.Restore(checkpoint, epochs);
            _reports.Update(status => status with { Position = PositionOf(training) });
        }
        else if (order.Source == _worker)
        {
            var handover = new ReplicaHandover(training.Capture(), training.Epochs);
            _handovers.GetOrAdd(order.Generation, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult(handover);
        }
    }

    private static (ReplicaCheckpoint, IReadOnlyList<ReplicaEpoch>) Receive(ReplicaReceiver receiver, Opened group, WorkerAddress source)
    {
        try
        {
            return receiver.ReceiveAsync(group.Over).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException e) when (group.Over.IsCancellationRequested)
        {
            throw new GenerationOverException(group.Reason ?? $"The replica of {source} was no longer wanted.", e);
        }
    }

    private void EndHandover(int generation)
    {
        if (!_handovers.TryRemove(generation, out var handover)) return;
        if (!handover.TrySetException(new InvalidOperationException($"Generation {generation} is over.")) && handover.Task.IsCompletedSuccessfully)
            handover.Task.Result.Dispose();
        _ = handover.Task.Exception; // nobody may be waiting for it
    }

    private void Publish(ReplicaOutcome outcome, IReadOnlyList<WorkerAddress> group, ReplicaInputs inputs, CheckpointUploader checkpoints)
    {
        _reports.Update(status => status with { Activity = "publishing" });
        checkpoints.DrainAsync().GetAwaiter().GetResult();

        // A process that was replaced, and does not know it yet, learns it here.
        _reports.SendAsync(_stop.Token).GetAwaiter().GetResult();
        _stop.Token.ThrowIfCancellationRequested();
        var bundle = new BundlePublisher(_container).PublishAsync(Assignment, group, inputs.Dataset, outcome, _stop.Token).GetAwaiter().GetResult();
        _reports.Update(status => status with { Bundle = bundle });
    }

    private void Rest(ReplicaTraining training, WorkerPhase phase, string? reason, string? blames)
    {
        _stop.Token.ThrowIfCancellationRequested();
        _reports.Update(
            status => status with { Phase = phase, Position = PositionOf(training), Reason = reason, Blames = blames, Activity = null }, now: true);
    }

    private static ReplicaPosition? PositionOf(ReplicaTraining training) => training.Position is { } position ? WorkerPositions.Of(position) : null;

    private async Task<bool> CommitAsync(CheckpointManifest manifest)
    {
        // The history must not lag behind a checkpoint: a run that goes on from there tells nothing again of what came before. A coordinator that has
        // just come up asks for it a second time.
        await _reports.SendAsync(_stop.Token);
        if (_reports.HasEvents) await _reports.SendAsync(_stop.Token);

        // The coordinator may just be moving to another node. To commit twice is to commit once.
        var text = CheckpointStore.ToText(manifest);
        var counts = await PatientCall.MakeAsync(
            () => Experiment.CommitCheckpoint(_worker, _reports.Status.Silo, text).WaitAsync(_stop.Token), _time, _stop.Token);
        if (!counts) Stop("The experiment no longer counts on this worker.");
        return counts;
    }

    private void Obey(WorkerDirective directive, WorkerReport report)
    {
        switch (directive)
        {
            case WorkerDirective.Repeat:
                _reports.Repeat(step: 0, epoch: 0);
                break;
            case WorkerDirective.Pause:
                Pause(report.Generation);
                break;
            case WorkerDirective.Halt when !_orders.IsHalted(report.Generation):
                Halt(report.Generation, "The generation is over.");
                break;
            case WorkerDirective.Stop:
                Stop("The experiment no longer counts on this worker.");
                break;
        }
    }

    // Training blocks for minutes and keeps per-thread state (libtorch's thread count, dispose scopes): no pool thread, and never two threads.
    private async Task OnThreadOfItsOwnAsync(Action work)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                work();
                done.SetResult();
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        })
        { IsBackground = true, Name = $"training {_worker}" }.Start();
        await done.Task;
    }

    private (WorkerPhase Phase, string Reason) Explain(Exception e)
    {
        switch (e)
        {
            case OperationCanceledException when _stop.IsCancellationRequested:
            case ExchangeAbortedException when _stop.IsCancellationRequested:
                return (WorkerPhase.Stopped, _stopReason ?? e.Message);
            case LearningException or NonFiniteLossException or IOException or CheckpointCorruptException:
                return (WorkerPhase.Failed, e.Message);
            default:
                LogUnexpected(e, Assignment.Experiment, _orders.Noted, _worker.ToString());
                return (WorkerPhase.Failed, $"{e.GetType().Name}: {e.Message.Split('\n')[0].Trim()}");
        }
    }

    [LoggerMessage(LogLevel.Information, "The replica is loaded and stands at step {From}")]
    private partial void LogReady(long from);

    [LoggerMessage(LogLevel.Information, "Trains in a group of {Workers} from step {From} on")]
    private partial void LogOpened(int workers, long from);

    [LoggerMessage(LogLevel.Information, "The worker ends, {Phase}: {Reason}")]
    private partial void LogEnded(WorkerPhase phase, string reason);

    [LoggerMessage(LogLevel.Error, "{Experiment}, generation {Generation}, worker {Worker}: training failed unexpectedly")]
    private partial void LogUnexpected(Exception exception, string experiment, int generation, string worker);

    [LoggerMessage(LogLevel.Information, "{Experiment}, generation {Generation}, rank {Rank}: {Reason}")]
    private partial void LogBrokeUp(string experiment, int generation, int rank, string reason);
}
