using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Contracts.Experiments;

/// <summary>An experiment as its users see it. Also what is stored of it: the durable state of <see cref="IExperimentGrain"/>.</summary>
[GenerateSerializer, Alias("orleanstransfer.experiment")]
public sealed record ExperimentSnapshot
{
    [Id(0)] public string Id { get; init; } = "";
    [Id(1)] public ExperimentState State { get; init; }

    /// <summary>Why it waits, or why it ended; the root cause of a failure.</summary>
    [Id(2)] public string? Reason { get; init; }

    [Id(3)] public Recipe Recipe { get; init; } = new();

    /// <summary>Label names in index order.</summary>
    [Id(4)] public IReadOnlyList<string> Labels { get; init; } = [];

    [Id(5)] public int TrainingSamples { get; init; }
    [Id(6)] public int ValidationSamples { get; init; }

    /// <summary>Files passed over because they could not be read.</summary>
    [Id(7)] public int BrokenFiles { get; init; }

    /// <summary>SHA-256 of the pretrained weights, lower-case hex; null when trained from scratch.</summary>
    [Id(8)] public string? WeightsSha256 { get; init; }

    /// <summary>Rises whenever the group of workers changes.</summary>
    [Id(9)] public int Generation { get; init; }

    /// <summary>Workers of the present or last group, in rank order, as <c>node/device</c>.</summary>
    [Id(10)] public IReadOnlyList<string> Workers { get; init; } = [];

    /// <summary>Steps done.</summary>
    [Id(11)] public long Step { get; init; }

    /// <summary>Steps of the whole run.</summary>
    [Id(12)] public long TotalSteps { get; init; }

    /// <summary>Epochs finished.</summary>
    [Id(13)] public int Epoch { get; init; }

    /// <summary>Newest values: <c>accuracy</c>, <c>loss</c>, <c>macroF1</c> on the validation samples, <c>trainingLoss</c>.</summary>
    [Id(14)] public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>Counts <c>[actual][predicted]</c> on the validation samples at the end of the last epoch.</summary>
    [Id(15)] public IReadOnlyList<IReadOnlyList<long>> Confusion { get; init; } = [];

    /// <summary>Seconds spent training in all attempts.</summary>
    [Id(16)] public double Seconds { get; init; }

    /// <summary>Training throughput over the last attempt.</summary>
    [Id(17)] public double SamplesPerSecond { get; init; }

    /// <summary>Steps that were computed and then lost to a restart.</summary>
    [Id(18)] public long StepsLost { get; init; }

    /// <summary>Where the finished bundle is, for a person: a folder or a container and prefix.</summary>
    [Id(19)] public string? Bundle { get; init; }

    [Id(20)] public DateTimeOffset Created { get; init; }
    [Id(21)] public DateTimeOffset Updated { get; init; }

    /// <summary>Who drives it now, or drove it last.</summary>
    [Id(22)] public ExperimentOwner? Owner { get; init; }

    /// <summary>How often the run was started: 1 after submission, one more with each resume.</summary>
    [Id(23)] public int Attempt { get; init; }

    /// <summary>The part of <see cref="Seconds"/> that earlier attempts spent.</summary>
    [Id(24)] public double EarlierSeconds { get; init; }

    /// <summary>Nodes that died while they trained this experiment.</summary>
    [Id(25)] public IReadOnlyList<NodeDeath> Deaths { get; init; } = [];

    /// <summary>Starts in a row that ended before the first step.</summary>
    [Id(26)] public int FruitlessAttempts { get; init; }

    /// <summary>Pieces of its history that were written when this was.</summary>
    [Id(27)] public int HistoryPieces { get; init; }

    /// <summary>Whether a failure is one of machines rather than of the recipe: the same recipe may work another time.</summary>
    [Id(28)] public bool InfrastructureFailed { get; init; }
}

/// <summary>The process that drives an experiment. It renews its heartbeat; when that stops, someone else may resume the experiment.</summary>
/// <param name="Machine">Host name.</param>
/// <param name="ProcessId">Process id on that machine.</param>
/// <param name="ProcessStarted">When the process started: tells a reused process id apart.</param>
/// <param name="Http">Address of its HTTP API.</param>
/// <param name="Heartbeat">When it last said it was alive.</param>
/// <param name="Silo">Address of its silo, by which the members of its cluster know what became of it.</param>
[GenerateSerializer, Alias("orleanstransfer.experiment-owner")]
public sealed record ExperimentOwner(
    [property: Id(0)] string Machine,
    [property: Id(1)] int ProcessId,
    [property: Id(2)] DateTimeOffset ProcessStarted,
    [property: Id(3)] string Http,
    [property: Id(4)] DateTimeOffset Heartbeat,
    [property: Id(5)] string Silo = "");

/// <summary>A node that died while it trained.</summary>
/// <param name="Generation">Generation of the group it was in.</param>
/// <param name="Step">Steps that were done.</param>
/// <param name="Node">Its name.</param>
/// <param name="Activity">What it computed when it was last heard of.</param>
[GenerateSerializer, Alias("orleanstransfer.node-death")]
public sealed record NodeDeath(
    [property: Id(0)] int Generation, [property: Id(1)] long Step, [property: Id(2)] string Node, [property: Id(3)] string Activity);
