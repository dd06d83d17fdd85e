using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Cluster;

/// <summary>
/// Every metric of this process. An instrument's name is the name Prometheus shows, save for the <c>_total</c> that the exporter appends to counters;
/// the exporter also appends the unit, unless the name already ends in it.
/// </summary>
public static partial class Instruments
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "OrleansTransfer";

    /// <summary>1 for each running experiment, with what it is.</summary>
    public const string ExperimentInfoName = Prefix + "experiment_info";

    /// <summary>Training loss of each running experiment.</summary>
    public const string ExperimentLossName = Prefix + "experiment_loss";

    /// <summary>Validation accuracy of each running experiment.</summary>
    public const string ExperimentAccuracyName = Prefix + "experiment_accuracy";

    /// <summary>Share of its steps each running experiment has done.</summary>
    public const string ExperimentProgressName = Prefix + "experiment_progress_ratio";

    /// <summary>Seconds per step that the others wait for each rank of each running experiment.</summary>
    public const string ExperimentLatenessName = Prefix + "experiment_lateness_seconds";

    /// <summary>When the newest checkpoint of each running experiment was stored, in Unix time.</summary>
    public const string ExperimentCheckpointName = Prefix + "experiment_checkpoint_timestamp_seconds";

    private const string Prefix = "orleanstransfer_";

    private static readonly Meter s_meter = new(MeterName);

    // From a small network on a fast device to a large one on a slow core.
    private static readonly InstrumentAdvice<double> s_stepBuckets =
        new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] };

    // From one small checkpoint in a folder to a large one over a slow link; also fits minutes in a queue.
    private static readonly InstrumentAdvice<double> s_waitBuckets =
        new() { HistogramBucketBoundaries = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14400] };

    private static readonly Counter<long> s_steps =
        s_meter.CreateCounter<long>(Prefix + "steps", null, "Optimizer steps of experiments, counted once per group.");

    private static readonly Counter<long> s_samples =
        s_meter.CreateCounter<long>(Prefix + "samples", null, "Training samples computed, all workers of a group together.");

    private static readonly Histogram<double> s_stepPhase = s_meter.CreateHistogram(
        Prefix + "step_phase_seconds", "s", "Time of one step on one replica, by what it was spent on.", null, s_stepBuckets);

    private static readonly Counter<long> s_exchangeBytes =
        s_meter.CreateCounter<long>(Prefix + "exchange_bytes", "By", "Gradient bytes that crossed between nodes.");

    private static readonly Histogram<double> s_exchange = s_meter.CreateHistogram(
        Prefix + "exchange_seconds", "s", "Time of one all-reduce of a step's gradients on one replica.", null, s_stepBuckets);

    private static readonly Counter<double> s_exchangeHidden = s_meter.CreateCounter<double>(
        Prefix + "exchange_hidden_seconds", "s", "Time of exchanges that replicas did not wait for: their backward passes ran meanwhile.");

    private static readonly WordCounter s_exchangeAborts =
        new(s_meter, Prefix + "exchange_aborts", "Exchanges given up, by reason.", "reason", "cancelled", "group-ended");

    private static readonly WordCounter s_generationChanges = new(
        s_meter, Prefix + "generation_changes", "Changes of a group's membership, by reason.", "reason",
        "start", "resume", "requeue", "node-joined", "node-lost", "silent", "unreachable", "broken", "broken-off", "stopped", "drain", "slow");

    private static readonly Histogram<double> s_checkpoint = s_meter.CreateHistogram(
        Prefix + "checkpoint_seconds", "s", "Time to store one checkpoint.", null, s_waitBuckets);

    private static readonly Counter<long> s_checkpointBytes =
        s_meter.CreateCounter<long>(Prefix + "checkpoint_bytes", "By", "Bytes of checkpoints stored.");

    private static readonly Histogram<double> s_queueWait = s_meter.CreateHistogram(
        Prefix + "queue_wait_seconds", "s", "Time from asking for devices to getting them.", null, s_waitBuckets);

    private static readonly WordCounter s_failures =
        new(s_meter, Prefix + "failures", "Experiments that ended by an error, by kind.", "kind", "run");

    private static readonly WordCounter s_blobErrors = new(
        s_meter, Prefix + "blob_errors", "Operations that the blob container failed, after retries.", "operation",
        "read", "write", "delete", "list", "download");

    private static readonly WordCounter s_features = new(
        s_meter, Prefix + "features_opened", "Sets of samples whose frozen features a run asked for, by what it met.", "result",
        "computed", "reused", "unavailable");

    private static readonly WordCounter s_featureSamples = new(
        s_meter, Prefix + "feature_samples", "Samples of batches that were learned or judged as frozen features, by where those came from.", "source",
        "computed", "kept");

    private static readonly long[] s_experimentsByState = new long[Enum.GetValues<ExperimentState>().Length];
    private static readonly ConcurrentDictionary<string, long> s_deviceMemory = new();
    private static readonly ConcurrentDictionary<string, RunningExperiment> s_running = new();
    private static long s_freeDevices, s_busyDevices, s_queuedDevices, s_lostNodes;

    static Instruments()
    {
        s_meter.CreateObservableGauge(Prefix + "experiments", ObserveExperiments, null, "Experiments this node keeps, by state.");
        s_meter.CreateObservableGauge(Prefix + "sweeps", ObserveSweeps, null, "Sweeps this node drives, by state.");
        s_meter.CreateObservableGauge(Prefix + "devices", ObserveDevices, null, "Devices this node offers, by state.");
        s_meter.CreateObservableGauge(
            Prefix + "queued_devices",
            () => Interlocked.Read(ref s_queuedDevices),
            null,
            "Devices that waiting experiments ask for; 0 but on the node that has the scheduler.");
        s_meter.CreateObservableGauge(
            Prefix + "device_memory_bytes",
            ObserveDeviceMemory,
            "By",
            "Memory in use by device; for cpu the resident memory of the process, which its CPU devices share.");
        s_meter.CreateObservableCounter(
            Prefix + "nodes_lost", () => Interlocked.Read(ref s_lostNodes), null, "Other nodes this one saw declared dead that had not left.");
    }

    /// <summary>One step of one replica.</summary>
    /// <param name="timings">Where its time went.</param>
    /// <param name="samples">Samples in the global batch.</param>
    /// <param name="rank">The replica's rank; only rank 0 counts the step and its samples, so that they count once.</param>
    public static void RecordStep(StepTimings timings, int samples, int rank)
    {
        if (rank == 0)
        {
            s_steps.Add(1);
            s_samples.Add(samples);
        }

        s_stepPhase.Record(timings.Data, new KeyValuePair<string, object?>("phase", "data"));
        s_stepPhase.Record(timings.Forward, new KeyValuePair<string, object?>("phase", "forward"));
        s_stepPhase.Record(timings.Backward, new KeyValuePair<string, object?>("phase", "backward"));
        s_stepPhase.Record(timings.Exchange, new KeyValuePair<string, object?>("phase", "exchange"));
        s_stepPhase.Record(timings.Update, new KeyValuePair<string, object?>("phase", "update"));
        s_exchangeHidden.Add(Math.Max(0, timings.Exchanging - timings.Exchange));
    }

    /// <summary>A finished exchange of one replica, in seconds.</summary>
    public static void RecordExchange(double seconds) => s_exchange.Record(seconds);

    /// <summary>Gradient bytes sent to other nodes.</summary>
    public static void ExchangeSent(long bytes) => s_exchangeBytes.Add(bytes, new KeyValuePair<string, object?>("direction", "sent"));

    /// <summary>Gradient bytes received from other nodes.</summary>
    public static void ExchangeReceived(long bytes) => s_exchangeBytes.Add(bytes, new KeyValuePair<string, object?>("direction", "received"));

    /// <summary>An exchange was given up.</summary>
    /// <param name="reason">One of a few words, such as <c>deadline</c> or <c>peer-lost</c>; never free text.</param>
    public static void ExchangeAborted(string reason) => s_exchangeAborts.Add(reason);

    /// <summary>A group's membership changed.</summary>
    /// <param name="reason">One of a few words, such as <c>start</c>, <c>resume</c> or <c>node-lost</c>; never free text.</param>
    public static void GenerationChanged(string reason) => s_generationChanges.Add(reason);

    /// <summary>A checkpoint is stored, manifest included.</summary>
    public static void RecordCheckpoint(double seconds, long bytes)
    {
        s_checkpoint.Record(seconds);
        s_checkpointBytes.Add(bytes);
    }

    /// <summary>An experiment got its devices after so many seconds.</summary>
    public static void RecordQueueWait(double seconds) => s_queueWait.Record(seconds);

    /// <summary>An experiment ended by an error.</summary>
    /// <param name="kind">One of a few words, such as <c>worker</c>, <c>node-lost</c>, <c>non-finite-loss</c>; never free text.</param>
    public static void Failed(string kind) => s_failures.Add(kind);

    /// <summary>The blob container failed an operation.</summary>
    /// <param name="operation">One of <c>read</c>, <c>write</c>, <c>delete</c>, <c>list</c>, <c>download</c>.</param>
    public static void BlobFailed(string operation) => s_blobErrors.Add(operation);

    /// <summary>A run asked for the kept features of a set of samples.</summary>
    /// <param name="result"><c>computed</c>, <c>reused</c> or <c>unavailable</c>.</param>
    public static void FeaturesOpened(string result) => s_features.Add(result);

    /// <summary>A batch came as frozen features.</summary>
    /// <param name="computed">Samples whose features were computed.</param>
    /// <param name="kept">Samples whose features were there.</param>
    public static void FeaturesUsed(int computed, int kept)
    {
        s_featureSamples.Add("computed", computed);
        s_featureSamples.Add("kept", kept);
    }

    /// <summary>Another node was declared dead without having left.</summary>
    public static void NodeLost() => Interlocked.Increment(ref s_lostNodes);

    /// <summary>An experiment this node keeps went from one state to another.</summary>
    /// <param name="from">The state it leaves, or null when it was not kept here before.</param>
    /// <param name="to">The state it enters, or null when it is no longer kept here.</param>
    public static void ExperimentMoved(ExperimentState? from, ExperimentState? to)
    {
        if (from is { } left) Interlocked.Decrement(ref s_experimentsByState[(int)left]);
        if (to is { } entered) Interlocked.Increment(ref s_experimentsByState[(int)entered]);
    }

    /// <summary>How many devices of this node have no experiment and how many have one.</summary>
    public static void SetDevices(int free, int busy)
    {
        Interlocked.Exchange(ref s_freeDevices, free);
        Interlocked.Exchange(ref s_busyDevices, busy);
    }

    /// <summary>How many devices the experiments in the queue ask for, where this node has the scheduler.</summary>
    public static void SetQueuedDevices(int wanted) => Interlocked.Exchange(ref s_queuedDevices, wanted);

    /// <summary>Memory in use on a device of this node; <c>cpu</c> stands for all CPU devices, which share the process.</summary>
    public static void SetDeviceMemory(string device, long bytes) => s_deviceMemory[device] = bytes;

    /// <summary>A running experiment and how far it is; again with every change, until <see cref="ExperimentEnded"/>.</summary>
    public static void ExperimentProgressed(RunningExperiment experiment) => s_running[experiment.Id] = experiment;

    /// <summary>The experiment runs no longer: its gauges disappear with the next scrape.</summary>
    public static void ExperimentEnded(string id) => s_running.TryRemove(id, out _);

    /// <summary>
    /// The experiments that run now. Their gauges are not instruments of the meter: OpenTelemetry exports a label value for ever once it has seen it.
    /// </summary>
    public static IReadOnlyCollection<RunningExperiment> RunningExperiments =>
        [.. s_running.Values.OrderBy(running => running.Id, StringComparer.Ordinal)];

    private static IEnumerable<Measurement<long>> ObserveExperiments() =>
        Enum.GetValues<ExperimentState>().Select(state => new Measurement<long>(
            Interlocked.Read(ref s_experimentsByState[(int)state]),
            new KeyValuePair<string, object?>("state", state.ToString().ToLowerInvariant())));

    private static IEnumerable<Measurement<long>> ObserveDevices() =>
    [
        new(Interlocked.Read(ref s_freeDevices), new KeyValuePair<string, object?>("state", "free")),
        new(Interlocked.Read(ref s_busyDevices), new KeyValuePair<string, object?>("state", "busy")),
    ];

    private static IEnumerable<Measurement<long>> ObserveDeviceMemory() =>
        s_deviceMemory.Select(device => new Measurement<long>(device.Value, new KeyValuePair<string, object?>("device", device.Key)));
}

/// <summary>What the gauges of a running experiment show.</summary>
/// <param name="Id">The experiment's id.</param>
/// <param name="Backbone">Catalogue name of its backbone.</param>
/// <param name="Method">Transfer method.</param>
/// <param name="Workers">Size of its group.</param>
/// <param name="Progress">Steps done over steps of the whole run, 0 to 1.</param>
/// <param name="Loss">Newest training loss, or null before the first step.</param>
/// <param name="Accuracy">Newest validation accuracy, 0 to 1, or null before the first evaluation.</param>
/// <param name="Lateness">Seconds per step that the others wait for each rank; empty where there is nobody to compare with.</param>
/// <param name="Checkpointed">When the newest checkpoint was stored; before the first one, since when the run is watched.</param>
public sealed record RunningExperiment(
    string Id,
    string Backbone,
    string Method,
    int Workers,
    double Progress,
    double? Loss = null,
    double? Accuracy = null,
    IReadOnlyList<double>? Lateness = null,
    DateTimeOffset? Checkpointed = null);
