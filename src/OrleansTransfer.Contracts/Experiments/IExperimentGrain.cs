using Orleans.Concurrency;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Contracts.Experiments;

/// <summary>A validated recipe with what its validation found out.</summary>
/// <param name="Id">The new experiment's id.</param>
/// <param name="Recipe">Resolved: every path absolute, every default filled in, workers a number.</param>
[GenerateSerializer, Alias("orleanstransfer.submission")]
public sealed record ExperimentSubmission(
    [property: Id(0)] string Id,
    [property: Id(1)] Recipe Recipe,
    [property: Id(2)] IReadOnlyList<string> Labels,
    [property: Id(3)] int TrainingSamples,
    [property: Id(4)] int ValidationSamples,
    [property: Id(5)] int BrokenFiles,
    [property: Id(6)] string? WeightsSha256,
    [property: Id(7)] long TotalSteps);

/// <summary>How an ended run goes on as another one, from a checkpoint that lies among its own.</summary>
/// <param name="Recipe">Its recipe from now on.</param>
/// <param name="Epoch">Epochs that count as trained.</param>
/// <param name="Step">Steps that count as done.</param>
/// <param name="Note">What happened, for its history.</param>
[GenerateSerializer, Alias("orleanstransfer.branch")]
public sealed record ExperimentBranch(
    [property: Id(0)] Recipe Recipe, [property: Id(1)] int Epoch, [property: Id(2)] long Step, [property: Id(3)] string Note);

/// <summary>
/// One durable run of one recipe, keyed by the experiment's id. It alone decides who belongs to the group of workers and what generation counts; everyone else reports.
/// </summary>
[Alias("orleanstransfer.IExperimentGrain")]
public interface IExperimentGrain : IGrainWithStringKey
{
    /// <summary>Stores the experiment and asks for devices. Idempotent for the same submission.</summary>
    [Alias("Submit")]
    Task<ExperimentSnapshot> Submit(ExperimentSubmission submission);

    /// <summary>The experiment now, or null if there is none of this id.</summary>
    [Alias("Get"), AlwaysInterleave]
    Task<ExperimentSnapshot?> Get();

    /// <summary>Stops the run; the newest checkpoint stays. Does nothing to one that has ended.</summary>
    [Alias("Cancel")]
    Task<ExperimentSnapshot> Cancel(string reason);

    /// <summary>Continues an ended run from its newest whole checkpoint.</summary>
    /// <param name="epochs">New total of epochs, or null to keep the recipe's.</param>
    /// <param name="totalSteps">Steps of the whole run with that many epochs.</param>
    [Alias("Resume")]
    Task<ExperimentSnapshot> Resume(int? epochs, long? totalSteps);

    /// <summary>Changes what an ended run goes on as when it is resumed next. Doing it twice is doing it once.</summary>
    [Alias("Branch")]
    Task<ExperimentSnapshot> Branch(ExperimentBranch branch);

    /// <summary>Events from sequence number <paramref name="from"/> on. Waits up to <paramref name="wait"/> for the first one, at most 10 s.</summary>
    [Alias("ReadEvents"), AlwaysInterleave]
    Task<EventPage> ReadEvents(long from, int max, TimeSpan wait, CancellationToken cancellationToken = default);

    /// <summary>From the scheduler: these workers, in rank order, now belong to the experiment, besides those it has.</summary>
    [Alias("Granted")]
    Task Granted(IReadOnlyList<WorkerAddress> workers);

    /// <summary>From a worker: progress, sign of life, or its end. Returns what the experiment wants of it.</summary>
    [Alias("Report")]
    Task<WorkerDirective> Report(WorkerReport report);

    /// <summary>
    /// From a worker that has stored the files of a checkpoint: lets the checkpoint exist, if the worker still counts. Nobody else may, so a process that
    /// was replaced and does not know it cannot leave one behind.
    /// </summary>
    /// <param name="worker">Who stored it.</param>
    /// <param name="silo">Address of its silo.</param>
    /// <param name="manifest">The checkpoint's manifest, JSON.</param>
    /// <returns>False if the worker no longer counts.</returns>
    [Alias("CommitCheckpoint")]
    Task<bool> CommitCheckpoint(WorkerAddress worker, string silo, string manifest);
}
