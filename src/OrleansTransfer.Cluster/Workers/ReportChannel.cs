using Microsoft.Extensions.Logging;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>
/// Carries a worker's word to its experiment: events as they gather, and a sign of life every half second whatever the compute thread does. A report that
/// fails is sent again with its number, so that it counts once. When the experiment stays out of reach, or says that the generation no longer counts, the worker is told to stop.
/// </summary>
public sealed partial class ReportChannel(IExperimentGrain experiment, int generation, int rank, Action<string> stop, TimeProvider time, ILogger logger)
{
    /// <summary>Time between two reports.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(0.5);

    // Longer than a lost node takes to be noticed and its grains to come up elsewhere.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan CallDeadline = TimeSpan.FromSeconds(5);

    private readonly object _gate = new();
    private readonly List<ExperimentEvent> _events = [];
    private readonly SemaphoreSlim _sending = new(1);
    private WorkerReport _status = new() { Kind = WorkerReportKind.Alive, Generation = generation, Rank = rank, Number = 0 };
    private long _number;
    private WorkerReport? _unanswered;

    /// <summary>Adds an event to the next report.</summary>
    public void Add(ExperimentEvent e)
    {
        lock (_gate) _events.Add(e);
    }

    /// <summary>Changes what every further report says: steps, throughput, confusion.</summary>
    public void Update(Func<WorkerReport, WorkerReport> change)
    {
        lock (_gate) _status = change(_status);
    }

    /// <summary>Sends signs of life until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            // A report under way is never cut off: it may carry events that no other will.
            while (await timer.WaitForNextTickAsync(cancellationToken)) await SendAsync(WorkerReportKind.Alive, null, CancellationToken.None);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The final report follows.
        }
    }

    /// <summary>Sends one report with everything that has gathered; repeats it until it arrives or patience ends.</summary>
    public async Task SendAsync(WorkerReportKind kind, string? reason, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            // One whose sending was cancelled may hold events that nobody has seen, and must not be overtaken.
            if (_unanswered is { } earlier) await DeliverAsync(earlier, cancellationToken);
            lock (_gate)
            {
                _unanswered = _status with { Kind = kind, Number = ++_number, Reason = reason, Events = [.. _events] };
                _events.Clear();
            }
            await DeliverAsync(_unanswered, cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task DeliverAsync(WorkerReport report, CancellationToken cancellationToken)
    {
        var giveUp = time.GetUtcNow() + Patience;
        for (var pause = TimeSpan.FromMilliseconds(100); ; pause = pause * 2 < TimeSpan.FromSeconds(1) ? pause * 2 : TimeSpan.FromSeconds(1))
        {
            try
            {
                if (!await experiment.Report(report).WaitAsync(CallDeadline, time, cancellationToken)) stop("The experiment no longer counts on this worker.");
                break;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogReportFailed(rank, e.Message);
                if (time.GetUtcNow() > giveUp)
                {
                    stop($"The experiment's coordinator has been out of reach for {Patience.TotalSeconds:0} s.");
                    break;
                }
            }
            await Task.Delay(pause, time, cancellationToken);
        }
        _unanswered = null;
    }

    [LoggerMessage(LogLevel.Debug, "A report of rank {Rank} did not arrive: {Reason}")]
    private partial void LogReportFailed(int rank, string reason);
}
