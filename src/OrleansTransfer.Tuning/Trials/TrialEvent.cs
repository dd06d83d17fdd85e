using OrleansTransfer.Tuning.Space;

namespace OrleansTransfer.Tuning.Trials;

/// <summary>What can happen to a trial.</summary>
public enum TrialEventKind
{
    /// <summary>A configuration was added by hand and waits to be started: <see cref="TrialEvent.Configuration"/>.</summary>
    Enqueued,

    /// <summary>It was given a configuration, a bracket and an <see cref="TrialEvent.Until"/>.</summary>
    Started,

    /// <summary>It measured <see cref="TrialEvent.Value"/> after <see cref="TrialEvent.Epoch"/>.</summary>
    Measured,

    /// <summary>It went on with the weights of <see cref="TrialEvent.From"/> and another configuration.</summary>
    Exploited,

    /// <summary>It waits at a rung.</summary>
    Paused,

    /// <summary>It may train on until <see cref="TrialEvent.Until"/>, from a rung that it passed or waited at.</summary>
    Resumed,

    /// <summary>It ended with <see cref="TrialEvent.Value"/>.</summary>
    Completed,

    /// <summary>It was ended early.</summary>
    Stopped,

    /// <summary>Its configuration does not work.</summary>
    Infeasible,

    /// <summary>Infrastructure kept it from running.</summary>
    Failed,
}

/// <summary>
/// One line of a sweep's history. Applying the lines in order to an empty history gives the history again, so that a ledger of them, only ever
/// appended to, is all a sweep has to keep.
/// </summary>
/// <param name="Trial">The trial's number; -1 for <see cref="TrialEventKind.Enqueued"/>.</param>
/// <param name="Kind">What happened; says which of the other members have a value.</param>
public sealed record TrialEvent(int Trial, TrialEventKind Kind)
{
    /// <summary>Epochs trained when it happened.</summary>
    public int? Epoch { get; init; }

    /// <summary>The metric as the user sees it.</summary>
    public double? Value { get; init; }

    /// <summary>Epoch after which the stopping rule has to be asked.</summary>
    public int? Until { get; init; }

    /// <summary>The trial's configuration from now on.</summary>
    public Configuration? Configuration { get; init; }

    /// <summary>The trial's bracket.</summary>
    public int? Bracket { get; init; }

    /// <summary>The trial whose weights are taken.</summary>
    public int? From { get; init; }

    /// <summary>Why, for people.</summary>
    public string? Reason { get; init; }
}
