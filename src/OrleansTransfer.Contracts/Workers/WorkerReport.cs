using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Contracts.Workers;

/// <summary>What a worker is at.</summary>
public enum WorkerPhase
{
    /// <summary>Fetches weights and data, and builds its replica.</summary>
    Loading,

    /// <summary>At rest: waits for its first place in a group.</summary>
    Ready,

    /// <summary>Trains in a group.</summary>
    Training,

    /// <summary>At rest between two steps: its group paused or broke up, or it has saved its replica.</summary>
    Halted,

    /// <summary>At rest behind the last step; from rank 0 after the bundle is stored.</summary>
    Finished,

    /// <summary>Ended by its own error: the user's data, recipe, memory, or a non-finite loss.</summary>
    Failed,

    /// <summary>Ended because it was told to.</summary>
    Stopped,
}

/// <summary>What the experiment wants of a worker that has just reported.</summary>
public enum WorkerDirective
{
    /// <summary>Carry on.</summary>
    Continue,

    /// <summary>Ask the group to pause at the next step boundary.</summary>
    Pause,

    /// <summary>Give up the step in flight and rest: the generation is over.</summary>
    Halt,

    /// <summary>Leave: the experiment no longer counts on this worker.</summary>
    Stop,

    /// <summary>
    /// Carry on, and report the remembered steps and epochs once more: the coordinator has just come up, and the one before it may have died before it
    /// wrote what it had heard. Those of the report that this answers were not taken.
    /// </summary>
    Repeat,
}

/// <summary>A worker's word to its experiment. Each says all there is to know, so that one alone tells a new coordinator where the worker stands.</summary>
[GenerateSerializer, Immutable, Alias("orleanstransfer.worker-report")]
public sealed record WorkerReport
{
    /// <summary>Who reports.</summary>
    [Id(0)] public required WorkerAddress Worker { get; init; }

    /// <summary>Address of its silo: tells a process that was replaced from the one that took its name.</summary>
    [Id(1)] public required string Silo { get; init; }

    /// <summary>Start of the run that the worker belongs to.</summary>
    [Id(2)] public required int Attempt { get; init; }

    /// <summary>Number of the report, from 1, so that one that is sent twice counts once.</summary>
    [Id(3)] public required long Number { get; init; }

    /// <summary>What the worker is at.</summary>
    [Id(4)] public required WorkerPhase Phase { get; init; }

    /// <summary>Newest generation that it was told to open or to give up.</summary>
    [Id(5)] public int Generation { get; init; }

    /// <summary>Where its replica stands; null while it holds no state of the run.</summary>
    [Id(6)] public ReplicaPosition? Position { get; init; }

    /// <summary>What it computes at the moment, in a word: <c>forward</c>, <c>exchange</c>.</summary>
    [Id(7)] public string? Activity { get; init; }

    /// <summary>Why, for phases that need a reason.</summary>
    [Id(8)] public string? Reason { get; init; }

    /// <summary>Node that broke the exchange off, as far as this worker can tell.</summary>
    [Id(9)] public string? Blames { get; init; }

    /// <summary>Whether its node shuts down and wants to hand over.</summary>
    [Id(10)] public bool Leaving { get; init; }

    /// <summary>Seconds that it computes per step, without waiting for others: a running mean; 0 before the first step.</summary>
    [Id(11)] public double StepSeconds { get; init; }

    /// <summary>Events without sequence numbers (those are the experiment's to give); only rank 0 sends them.</summary>
    [Id(12)] public IReadOnlyList<ExperimentEvent> Events { get; init; } = [];

    /// <summary>Validation counts <c>[actual][predicted]</c> after the last epoch; from rank 0.</summary>
    [Id(13)] public IReadOnlyList<IReadOnlyList<long>>? Confusion { get; init; }

    /// <summary>Where the bundle is, for <see cref="WorkerPhase.Finished"/> of rank 0.</summary>
    [Id(14)] public string? Bundle { get; init; }

    /// <summary>Samples per second over the attempt so far, all ranks together.</summary>
    [Id(15)] public double SamplesPerSecond { get; init; }

    /// <summary>Seconds of training in this attempt so far.</summary>
    [Id(16)] public double Seconds { get; init; }

    /// <summary>SHA-256 of its replica's weights, for <see cref="WorkerPhase.Finished"/>: those of all workers must be equal.</summary>
    [Id(17)] public string? Digest { get; init; }
}
