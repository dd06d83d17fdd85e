using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Contracts.Workers;

/// <summary>What a report is about.</summary>
public enum WorkerReportKind
{
    /// <summary>Still there; carries events that happened since the last report, if any.</summary>
    Alive,

    /// <summary>Weights and data are loaded; training begins.</summary>
    Ready,

    /// <summary>The run is complete; from rank 0 after the bundle is stored.</summary>
    Finished,

    /// <summary>The worker's own error: the user's data, recipe, memory, or a non-finite loss.</summary>
    Failed,

    /// <summary>The worker stopped because someone else failed: never a root cause.</summary>
    Aborted,
}

/// <summary>A worker's word to its experiment.</summary>
[GenerateSerializer, Immutable, Alias("orleanstransfer.worker-report")]
public sealed record WorkerReport
{
    [Id(0)] public required WorkerReportKind Kind { get; init; }
    [Id(1)] public required int Generation { get; init; }
    [Id(2)] public required int Rank { get; init; }

    /// <summary>Number of the report, from 1, so that one that is sent twice counts once.</summary>
    [Id(3)] public required long Number { get; init; }

    /// <summary>Events without sequence numbers (those are the experiment's to give); only rank 0 sends them.</summary>
    [Id(4)] public IReadOnlyList<ExperimentEvent> Events { get; init; } = [];

    /// <summary>Steps done.</summary>
    [Id(5)] public long Step { get; init; }

    /// <summary>Why, for <see cref="WorkerReportKind.Failed"/> and <see cref="WorkerReportKind.Aborted"/>.</summary>
    [Id(6)] public string? Reason { get; init; }

    /// <summary>Validation counts <c>[actual][predicted]</c> after the last epoch; from rank 0.</summary>
    [Id(7)] public IReadOnlyList<IReadOnlyList<long>>? Confusion { get; init; }

    /// <summary>Where the bundle is, for <see cref="WorkerReportKind.Finished"/> of rank 0.</summary>
    [Id(8)] public string? Bundle { get; init; }

    /// <summary>Samples per second over the attempt so far, all ranks together; from rank 0.</summary>
    [Id(9)] public double SamplesPerSecond { get; init; }

    /// <summary>Seconds of training in this attempt so far.</summary>
    [Id(10)] public double Seconds { get; init; }
}
