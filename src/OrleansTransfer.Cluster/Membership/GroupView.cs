using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Membership;

/// <summary>What an experiment is doing with its group.</summary>
public enum GroupStage
{
    /// <summary>Its first workers load; no generation of this attempt is open.</summary>
    Gathering,

    /// <summary>A generation is open and trains.</summary>
    Training,

    /// <summary>The generation was asked to pause at the next step boundary.</summary>
    Pausing,

    /// <summary>The generation is over; workers give up the step in flight.</summary>
    Halting,

    /// <summary>Too few are left: one of them stores its replica before all leave.</summary>
    Saving,
}

/// <summary>A worker as its experiment sees it.</summary>
/// <param name="Worker">Who.</param>
/// <param name="Phase">What it is at, by its last report.</param>
/// <param name="Noted">Newest generation that it was told to open or to give up.</param>
/// <param name="Position">Where its replica stands, or null while it holds no state of the run.</param>
/// <param name="Silent">Time since its last report.</param>
/// <param name="Stalled">Time since it last advanced.</param>
public sealed record MemberView(
    WorkerAddress Worker, WorkerPhase Phase, int Noted, ReplicaPosition? Position, TimeSpan Silent, TimeSpan Stalled)
{
    /// <summary>Whether its node is no longer in the cluster.</summary>
    public bool NodeGone { get; init; }

    /// <summary>Whether another worker says that its node broke the exchange off.</summary>
    public bool Blamed { get; init; }

    /// <summary>Whether its node shuts down and wants to hand over.</summary>
    public bool Leaving { get; init; }

    /// <summary>In words, that it has been too slow for so long that the recipe wants it left out; null while it has not.</summary>
    public string? TooSlow { get; init; }

    /// <summary>Why it could not be reached with an order, or null.</summary>
    public string? Unreachable { get; init; }

    /// <summary>What it said of its phase.</summary>
    public string? Reason { get; init; }

    /// <summary>What it computed when it was last heard of.</summary>
    public string? Activity { get; init; }

    /// <summary>Whether it waits for an order: nothing of it is in flight.</summary>
    public bool AtRest => Phase is WorkerPhase.Ready or WorkerPhase.Halted or WorkerPhase.Finished;
}

/// <summary>Everything the decision about a group's membership rests on.</summary>
/// <param name="Stage">What the experiment is doing.</param>
/// <param name="InStage">For how long.</param>
/// <param name="Generation">The generation that is open, or was last.</param>
/// <param name="Members">Its workers in rank order; while gathering, those that were granted.</param>
/// <param name="Joiners">Workers that were granted since and have no place yet.</param>
/// <param name="Wanted">Workers that the recipe asks for.</param>
/// <param name="Least">Fewest workers it may go on with.</param>
/// <param name="BreaksHere">How often the group broke up at the present step without anyone being lost.</param>
public sealed record GroupView(
    GroupStage Stage,
    TimeSpan InStage,
    int Generation,
    IReadOnlyList<MemberView> Members,
    IReadOnlyList<MemberView> Joiners,
    int Wanted,
    int Least,
    int BreaksHere = 0)
{
    /// <summary>Who is to store its replica, in the stage that does so.</summary>
    public WorkerAddress? Keeper { get; init; }

    /// <summary>Whether it has.</summary>
    public bool Saved { get; init; }
}
