using System.Text.Json.Serialization;
using OrleansTransfer.Tuning.Space;

namespace OrleansTransfer.Tuning.Trials;

/// <summary>The metric after an epoch.</summary>
/// <param name="Epoch">Epochs trained, from 1.</param>
/// <param name="Value">The metric, finite, as the user sees it.</param>
public readonly record struct Measurement(int Epoch, double Value);

/// <summary>That a trial went on with another one's weights.</summary>
/// <param name="Epoch">Epochs the trial had trained.</param>
/// <param name="From">Number of the trial whose newest weights it took.</param>
/// <param name="Before">Its configuration until then.</param>
public sealed record Exploit(int Epoch, int From, Configuration Before);

/// <summary>All that is known of one trial. Immutable: what changes is which record the history has.</summary>
public sealed record Trial
{
    /// <summary>Position in the history, from 0.</summary>
    public required int Number { get; init; }

    /// <summary>What it trains with (population-based training may change it on the way).</summary>
    public required Configuration Configuration { get; init; }

    /// <summary>Where it stands.</summary>
    public TrialState State { get; init; }

    /// <summary>Which of several races for survival it takes part in, as its stopping rule counts them.</summary>
    public int Bracket { get; init; }

    /// <summary>Epoch after which the stopping rule has to be asked before it trains on; at most the epochs of a full trial.</summary>
    public int Until { get; init; }

    /// <summary>Number of an earlier trial, not failed, with the same configuration, whose outcome can be used again; null for none.</summary>
    public int? DuplicateOf { get; init; }

    /// <summary>What it measured, by rising epoch.</summary>
    public IReadOnlyList<Measurement> Measurements { get; init; } = [];

    /// <summary>When it took other weights, by rising epoch.</summary>
    public IReadOnlyList<Exploit> Exploits { get; init; } = [];

    /// <summary>
    /// The final metric as the user sees it: of a completed trial what it was told, of a stopped one its last measurement; else null.
    /// </summary>
    public double? Value { get; init; }

    /// <summary>Why it is in this state, for people; empty where there is nothing to say.</summary>
    public string Reason { get; init; } = "";

    /// <summary>How many trials with an outcome (completed, stopped or infeasible) ended before it; null without outcome.</summary>
    public int? Order { get; init; }

    /// <summary>Epochs it has measured.</summary>
    [JsonIgnore]
    public int Epochs => Measurements.Count > 0 ? Measurements[^1].Epoch : 0;

    /// <summary>Whether its state is final.</summary>
    [JsonIgnore]
    public bool IsOver => State is not (TrialState.Running or TrialState.Paused);
}
