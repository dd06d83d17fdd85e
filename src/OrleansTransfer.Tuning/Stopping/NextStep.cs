namespace OrleansTransfer.Tuning.Stopping;

/// <summary>What a free device can be used for.</summary>
public enum NextStepKind
{
    /// <summary>Start a new trial, in <see cref="NextStep.Bracket"/>, until <see cref="NextStep.Until"/>.</summary>
    Start,

    /// <summary>Promote the paused <see cref="NextStep.Trial"/>: it trains on from its checkpoint, until <see cref="NextStep.Until"/>.</summary>
    Resume,

    /// <summary>End the paused <see cref="NextStep.Trial"/>, whose checkpoint is not needed any more; then ask again.</summary>
    Stop,

    /// <summary>Nothing, until a running trial has measured or ended.</summary>
    Wait,

    /// <summary>Nothing ever again: no trial runs or waits, and none may be started.</summary>
    Done,
}

/// <summary>What to do next, and why.</summary>
public sealed record NextStep
{
    private NextStep(NextStepKind kind, string reason) => (Kind, Reason) = (kind, reason);

    /// <summary>What to do.</summary>
    public NextStepKind Kind { get; }

    /// <summary>Why, for people.</summary>
    public string Reason { get; }

    /// <summary>Number of the paused trial; -1 for none.</summary>
    public int Trial { get; private init; } = -1;

    /// <summary>Bracket of the new trial.</summary>
    public int Bracket { get; private init; }

    /// <summary>Epochs after which the rule has to be asked about the trial.</summary>
    public int Until { get; private init; }

    /// <summary>Start a new trial.</summary>
    public static NextStep Start(int bracket, int until, string reason) => new(NextStepKind.Start, reason) { Bracket = bracket, Until = until };

    /// <summary>Promote a paused trial.</summary>
    public static NextStep Resume(int trial, int until, string reason) => new(NextStepKind.Resume, reason) { Trial = trial, Until = until };

    /// <summary>End a paused trial.</summary>
    public static NextStep Stop(int trial, string reason) => new(NextStepKind.Stop, reason) { Trial = trial };

    /// <summary>Wait for a running trial.</summary>
    public static NextStep Wait(string reason) => new(NextStepKind.Wait, reason);

    /// <summary>The search is over.</summary>
    public static NextStep Done(string reason) => new(NextStepKind.Done, reason);
}
