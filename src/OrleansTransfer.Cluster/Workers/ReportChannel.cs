using Microsoft.Extensions.Logging;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>
/// Carries a worker's word to its experiment: events as they gather, every change of what it is at, and a sign of life every half second whatever the
/// compute thread does. A report that fails is sent again with its number, so that it counts once. When the experiment stays out of reach, the worker
/// is told to stop.
/// </summary>
/// <param name="experiment">Who hears it.</param>
/// <param name="first">What the worker is at in the beginning.</param>
/// <param name="obey">Called with what the experiment wants, and the report that it answers.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes failures to report.</param>
public sealed partial class ReportChannel(
    IExperimentGrain experiment, WorkerReport first, Action<WorkerDirective, WorkerReport> obey, TimeProvider time, ILogger logger)
{
    /// <summary>Longest time between two reports.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(0.5);

    // Longer than a lost node takes to be noticed and its grains to come up elsewhere, and than the container may be away: meanwhile the coordinator
    // waits for it and hears nobody.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan s_callDeadline = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(50), s_longestPause = TimeSpan.FromMilliseconds(400);

    // What is told once more when another coordinator or another rank 0 comes up: what neither of those before may have lived to write.
    private const int RememberedEvents = 4096;

    private readonly object _gate = new();
    private readonly List<ExperimentEvent> _events = [];
    private readonly Queue<ExperimentEvent> _remembered = [];
    private readonly SemaphoreSlim _sending = new(1), _changed = new(0, 1);
    private WorkerReport _status = first;
    private long _number;
    private WorkerReport? _unanswered;

    /// <summary>What the next report will say.</summary>
    public WorkerReport Status
    {
        get
        {
            lock (_gate) return _status;
        }
    }

    /// <summary>Whether events wait to be reported.</summary>
    public bool HasEvents
    {
        get
        {
            lock (_gate) return _events.Count > 0;
        }
    }

    /// <summary>Adds to each report what is only known at the moment it is sent.</summary>
    public Func<WorkerReport, WorkerReport> Complete { get; set; } = status => status;

    /// <summary>Adds events to the next report.</summary>
    public void Add(params IEnumerable<ExperimentEvent> events)
    {
        lock (_gate) _events.AddRange(events);
    }

    /// <summary>Adds an event to the next report, and remembers it for <see cref="Repeat"/>.</summary>
    /// <param name="e">What every rank of the group sees alike.</param>
    /// <param name="report">Whether this worker is the one to report it.</param>
    public void Tell(ExperimentEvent e, bool report)
    {
        lock (_gate)
        {
            if (report) _events.Add(e);
            _remembered.Enqueue(e);
            if (_remembered.Count > RememberedEvents) _remembered.Dequeue();
        }
    }

    /// <summary>Reports remembered events once more, in the order in which they were told.</summary>
    /// <param name="step">Last step that the experiment knows of: what belongs to later ones is repeated.</param>
    /// <param name="epoch">Last epoch that it knows of; what is of neither kind is repeated in any case.</param>
    public void Repeat(long step, int epoch)
    {
        lock (_gate)
        {
            var repeated = _remembered.Where(e => e.Kind switch
            {
                "step" => e.Step > step,
                "epoch" => e.Epoch > epoch,
                _ => true,
            }).ToList();
            _events.RemoveAll(e => repeated.Exists(one => ReferenceEquals(one, e)));
            _events.InsertRange(0, repeated);
        }
    }

    /// <summary>Changes what every further report says.</summary>
    /// <param name="change">The change.</param>
    /// <param name="now">Whether the experiment should hear of it at once.</param>
    public void Update(Func<WorkerReport, WorkerReport> change, bool now = false)
    {
        lock (_gate)
        {
            _status = change(_status);
            if (now && _changed.CurrentCount == 0) _changed.Release();
        }
    }

    /// <summary>Sends reports until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                // A report under way is never cut off: it may carry events that no other will.
                await _changed.WaitAsync(Period, cancellationToken);
                await SendAsync(CancellationToken.None);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The final report follows.
        }
    }

    /// <summary>Sends one report with everything that has gathered; repeats it until it arrives or patience ends.</summary>
    public async Task SendAsync(CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            // One whose sending was cancelled may hold events that nobody has seen, and must not be overtaken.
            if (_unanswered is { } earlier) await DeliverAsync(earlier, cancellationToken);
            lock (_gate)
            {
                _unanswered = Complete(_status) with { Number = ++_number, Events = [.. _events] };
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
        var giveUp = time.GetUtcNow() + s_patience;
        for (var pause = s_firstPause; ; pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause)
        {
            try
            {
                obey(await experiment.Report(report).WaitAsync(s_callDeadline, time, cancellationToken), report);
                break;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogReportFailed(report.Worker.ToString(), e.Message);
                if (time.GetUtcNow() > giveUp)
                {
                    LogOutOfReach(report.Worker.ToString(), s_patience.TotalSeconds);
                    obey(WorkerDirective.Stop, report);
                    break;
                }
            }
            await Task.Delay(pause, time, cancellationToken);
        }
        _unanswered = null;
    }

    [LoggerMessage(LogLevel.Debug, "A report of {Worker} did not arrive: {Reason}")]
    private partial void LogReportFailed(string worker, string reason);

    [LoggerMessage(LogLevel.Warning, "{Worker}: the experiment's coordinator has been out of reach for {Seconds} s; the worker stops")]
    private partial void LogOutOfReach(string worker, double seconds);
}
