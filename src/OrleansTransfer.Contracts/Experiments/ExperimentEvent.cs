using System.Text.Json.Serialization;

namespace OrleansTransfer.Contracts.Experiments;

/// <summary>One line of an experiment's append-only history.</summary>
[GenerateSerializer, Alias("orleanstransfer.event")]
public sealed record ExperimentEvent
{
    /// <summary>Number within the experiment, from 1, without gaps.</summary>
    [Id(0)] public required long Sequence { get; init; }

    [Id(1)] public required DateTimeOffset Time { get; init; }

    /// <summary><c>state</c>, <c>step</c>, <c>epoch</c>, <c>checkpoint</c>, <c>log</c> or <c>failure</c>.</summary>
    [Id(2)] public required string Kind { get; init; }

    [Id(3)] public int Generation { get; init; }

    /// <summary>Global step, where the event has one.</summary>
    [Id(4)] public long Step { get; init; }

    /// <summary>Epoch from 1, where the event has one.</summary>
    [Id(5)] public int Epoch { get; init; }

    /// <summary>What to show a person; for <c>state</c> the new state's name.</summary>
    [Id(6), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Message { get; init; }

    /// <summary>
    /// Numbers by name: <c>loss</c>, <c>learningRate</c>, <c>gradientNorm</c>, <c>samplesPerSecond</c>, <c>accuracy</c>, <c>macroF1</c>,
    /// <c>trainingLoss</c>.
    /// </summary>
    [Id(7), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public IReadOnlyDictionary<string, double>? Values { get; init; }
}

/// <summary>A stretch of events.</summary>
/// <param name="Events">In order; empty when nothing new came while the call waited.</param>
/// <param name="State">State after the last of them.</param>
[GenerateSerializer, Alias("orleanstransfer.event-page")]
public sealed record EventPage([property: Id(0)] IReadOnlyList<ExperimentEvent> Events, [property: Id(1)] ExperimentState State);
