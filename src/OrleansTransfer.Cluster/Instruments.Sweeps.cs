using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cluster;

/// <summary>What sweeps are measured by.</summary>
public static partial class Instruments
{
    /// <summary>1 for each sweep that runs, with how it searches.</summary>
    public const string SweepInfoName = Prefix + "sweep_info";

    /// <summary>Share of its trials that each running sweep is through with.</summary>
    public const string SweepProgressName = Prefix + "sweep_progress_ratio";

    /// <summary>Metric of the best trial so far of each running sweep.</summary>
    public const string SweepBestName = Prefix + "sweep_best";

    /// <summary>Trials of each running sweep, by state.</summary>
    public const string SweepTrialsName = Prefix + "sweep_trials";

    /// <summary>Epochs that the trials of each running sweep have trained.</summary>
    public const string SweepEpochsName = Prefix + "sweep_epochs";

    /// <summary>Device seconds of the trials of each running sweep that ended or wait.</summary>
    public const string SweepDeviceSecondsName = Prefix + "sweep_device_seconds";

    // From a look-up to a model of thousands of trials.
    private static readonly InstrumentAdvice<double> s_decisionBuckets =
        new() { HistogramBucketBoundaries = [1e-5, 5e-5, 1e-4, 5e-4, 1e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5] };

    private static readonly WordCounter s_trialsEnded = new(
        s_meter, Prefix + "sweep_trials_ended", "Trials of sweeps that ended, by outcome.", "outcome",
        "completed", "stopped", "infeasible", "failed");

    private static readonly WordCounter s_attempts = new(
        s_meter, Prefix + "sweep_attempts", "Starts of trials' experiments, by what they start from.", "kind", "start", "resume", "retry", "inherit");

    private static readonly Counter<long> s_measurements =
        s_meter.CreateCounter<long>(Prefix + "sweep_measurements", null, "Epochs of trials that sweeps judged.");

    private static readonly Histogram<double> s_decision = s_meter.CreateHistogram(
        Prefix + "sweep_decision_seconds", "s", "Time of one decision of a sweep, by what was decided.", null, s_decisionBuckets);

    private static readonly long[] s_sweepsByState = new long[Enum.GetValues<SweepState>().Length];
    private static readonly ConcurrentDictionary<string, RunningSweep> s_runningSweeps = new();

    /// <summary>The sweeps that run now. Their gauges are not instruments of the meter, like those of experiments.</summary>
    public static IReadOnlyCollection<RunningSweep> RunningSweeps => [.. s_runningSweeps.Values.OrderBy(sweep => sweep.Id, StringComparer.Ordinal)];

    /// <summary>A sweep this node drives went from one state to another.</summary>
    /// <param name="from">The state it leaves, or null when it was not driven here before.</param>
    /// <param name="to">The state it enters, or null when it is no longer driven here.</param>
    public static void SweepMoved(SweepState? from, SweepState? to)
    {
        if (from is { } left) Interlocked.Decrement(ref s_sweepsByState[(int)left]);
        if (to is { } entered) Interlocked.Increment(ref s_sweepsByState[(int)entered]);
    }

    /// <summary>A running sweep and how far it is; again with every change, until <see cref="SweepEnded"/>.</summary>
    public static void SweepProgressed(RunningSweep sweep) => s_runningSweeps[sweep.Id] = sweep;

    /// <summary>The sweep runs no longer here: its gauges disappear with the next scrape.</summary>
    public static void SweepEnded(string id) => s_runningSweeps.TryRemove(id, out _);

    /// <summary>A trial ended.</summary>
    /// <param name="outcome"><c>completed</c>, <c>stopped</c>, <c>infeasible</c> or <c>failed</c>.</param>
    public static void TrialEnded(string outcome) => s_trialsEnded.Add(outcome);

    /// <summary>A trial's experiment is started.</summary>
    /// <param name="kind"><c>start</c>, <c>resume</c> (after a pause), <c>retry</c> (machines failed) or <c>inherit</c> (another trial's
    /// weights).</param>
    public static void TrialStarted(string kind) => s_attempts.Add(kind);

    /// <summary>An epoch of a trial was judged in so many seconds.</summary>
    public static void TrialJudged(double seconds)
    {
        s_measurements.Add(1);
        s_decision.Record(seconds, new KeyValuePair<string, object?>("decision", "judge"));
    }

    /// <summary>What a free device is used for was decided in so many seconds.</summary>
    public static void TrialSuggested(double seconds) => s_decision.Record(seconds, new KeyValuePair<string, object?>("decision", "suggest"));

    private static IEnumerable<Measurement<long>> ObserveSweeps() =>
        Enum.GetValues<SweepState>().Select(state => new Measurement<long>(
            Interlocked.Read(ref s_sweepsByState[(int)state]), new KeyValuePair<string, object?>("state", state.ToString().ToLowerInvariant())));
}

/// <summary>What the gauges of a running sweep show.</summary>
/// <param name="Id">The sweep's id.</param>
/// <param name="Metric">What it looks for.</param>
/// <param name="Sampler">What suggests its trials.</param>
/// <param name="Stopping">What ends them.</param>
/// <param name="Progress">Trials through with over trials of the budget, 0 to 1.</param>
/// <param name="Best">Metric of the best trial, or null before one ended.</param>
/// <param name="Trials">Trials by state, in small letters.</param>
/// <param name="Epochs">Epochs of all trials.</param>
/// <param name="DeviceSeconds">Seconds of training of all devices, of trials that ended or wait.</param>
public sealed record RunningSweep(
    string Id,
    string Metric,
    string Sampler,
    string Stopping,
    double Progress,
    double? Best,
    IReadOnlyDictionary<string, int> Trials,
    long Epochs,
    double DeviceSeconds);
