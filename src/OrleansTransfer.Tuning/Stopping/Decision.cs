using OrleansTransfer.Tuning.Space;

namespace OrleansTransfer.Tuning.Stopping;

/// <summary>What becomes of a trial that has measured.</summary>
public enum DecisionKind
{
    /// <summary>It trains on, until <see cref="Decision.Until"/> without asking again.</summary>
    Continue,

    /// <summary>It has trained all its epochs; its final value is to be told.</summary>
    Finish,

    /// <summary>It ends here.</summary>
    Stop,

    /// <summary>
    /// It saves a checkpoint and gives its device back; <see cref="NextStepKind.Resume"/> or <see cref="NextStepKind.Stop"/> follows.
    /// </summary>
    Pause,

    /// <summary>
    /// It trains on until <see cref="Decision.Until"/>, from the newest weights of <see cref="Decision.From"/>, with another configuration.
    /// </summary>
    Exploit,
}

/// <summary>A decision about a trial, and why.</summary>
public sealed record Decision
{
    private Decision(DecisionKind kind, string reason) => (Kind, Reason) = (kind, reason);

    /// <summary>What to do.</summary>
    public DecisionKind Kind { get; }

    /// <summary>Why, for people.</summary>
    public string Reason { get; }

    /// <summary>Epochs after which the rule has to be asked again; 0 when the trial does not train on.</summary>
    public int Until { get; private init; }

    /// <summary>Number of the trial whose weights are taken; null unless <see cref="DecisionKind.Exploit"/>.</summary>
    public int? From { get; private init; }

    /// <summary>What the trial trains with from now on; null unless <see cref="DecisionKind.Exploit"/>.</summary>
    public Configuration? Configuration { get; private init; }

    /// <summary>Train on.</summary>
    public static Decision Continue(int until, string reason) => new(DecisionKind.Continue, reason) { Until = until };

    /// <summary>All epochs are trained.</summary>
    public static Decision Finish(string reason) => new(DecisionKind.Finish, reason);

    /// <summary>End here.</summary>
    public static Decision Stop(string reason) => new(DecisionKind.Stop, reason);

    /// <summary>Wait at a rung.</summary>
    public static Decision Pause(string reason) => new(DecisionKind.Pause, reason);

    /// <summary>Go on from another trial's weights.</summary>
    public static Decision Exploit(int from, Configuration configuration, int until, string reason) =>
        new(DecisionKind.Exploit, reason) { From = from, Configuration = configuration, Until = until };
}
