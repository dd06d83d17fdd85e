using Microsoft.Extensions.Logging;
using OrleansTransfer.Cluster.Exchange;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Contracts.Workers;
using OrleansTransfer.Learning;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>One worker's part in one generation of an experiment, from loading to the final report.</summary>
public sealed partial class WorkerRun
{
    private readonly NodeIdentity _identity;
    private readonly WorkerAddress _worker;
    private readonly GroupSession _session;
    private readonly IBlobContainer _container;
    private readonly ReportChannel _reports;
    private readonly TimeProvider _time;
    private readonly ILogger<WorkerRun> _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _stopReason;

    internal WorkerRun(
        NodeIdentity identity,
        WorkerAddress worker,
        WorkerAssignment assignment,
        GroupSession session,
        IBlobContainer container,
        ReportChannelSource channels,
        TimeProvider time,
        ILogger<WorkerRun> logger)
    {
        (_identity, _worker, Assignment, _session, _container, _time, _logger) = (identity, worker, assignment, session, container, time, logger);
        _reports = channels.Create(assignment, Stop);
    }

    /// <summary>What the worker was asked to do.</summary>
    public WorkerAssignment Assignment { get; }

    /// <summary>Completes when the device is free again.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Asks the run to end at once; it reports that it was stopped.</summary>
    public void Stop(string reason)
    {
        Interlocked.CompareExchange(ref _stopReason, reason, null);
        _stop.Cancel();
        _session.Abort(reason);
    }

    internal void Begin(Action ended) => _ = Task.Run(() => ExecuteAsync(ended));

    private async Task ExecuteAsync(Action ended)
    {
        using var reporting = new CancellationTokenSource();
        var signsOfLife = _reports.RunAsync(reporting.Token);
        WorkerReportKind kind;
        string? reason = null;
        try
        {
            await TrainAsync();
            kind = WorkerReportKind.Finished;
        }
        catch (Exception e)
        {
            (kind, reason) = Explain(e);
            _session.Abort($"worker {_worker} stopped: {reason}");
        }
        finally
        {
            ended();
            _completion.SetResult();
        }
        await reporting.CancelAsync();
        await signsOfLife;
        await _reports.SendAsync(kind, reason, CancellationToken.None);
    }

    private async Task TrainAsync()
    {
        var inputs = await ReplicaInputs.LoadAsync(Assignment, _container, _identity.CacheFolder, _stop.Token);
        await using var checkpoints = new CheckpointUploader(new(_container, Assignment.Experiment), Assignment, _reports, _time, _stop.Token);
        var bucketLength = (int)Math.Clamp(Assignment.Recipe.Exchange.BucketMegabytes * 1e6 / sizeof(float), 1, int.MaxValue);
        var exchange = new BucketedExchange(_session.For(Assignment.Rank), bucketLength);
        var training = new ReplicaTraining(_worker, Assignment, inputs, exchange, _reports, checkpoints, _time);
        using var outcome = await OnThreadOfItsOwnAsync(() => training.Run(_stop.Token));
        await checkpoints.DrainAsync();
        if (Assignment.Rank != 0) return;
        var bundle = await new BundlePublisher(_container).PublishAsync(Assignment, inputs.Dataset, outcome, _stop.Token);
        _reports.Update(report => report with { Bundle = bundle });
    }

    // Training blocks for minutes and keeps per-thread state (libtorch's thread count, dispose scopes): no pool thread, and never two threads.
    private async Task<T> OnThreadOfItsOwnAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        })
        { IsBackground = true, Name = $"training {_worker}" }.Start();
        return await done.Task;
    }

    private (WorkerReportKind Kind, string Reason) Explain(Exception e)
    {
        switch (e)
        {
            case ExchangeAbortedException or OperationCanceledException:
                return (WorkerReportKind.Aborted, _stopReason ?? e.Message);
            case LearningException or NonFiniteLossException or IOException or CheckpointCorruptException:
                return (WorkerReportKind.Failed, e.Message);
            default:
                LogUnexpected(e, Assignment.Experiment, Assignment.Generation, Assignment.Rank);
                return (WorkerReportKind.Failed, $"{e.GetType().Name}: {e.Message.Split('\n')[0].Trim()}");
        }
    }

    [LoggerMessage(LogLevel.Error, "{Experiment}, generation {Generation}, rank {Rank}: training failed unexpectedly")]
    private partial void LogUnexpected(Exception exception, string experiment, int generation, int rank);
}
