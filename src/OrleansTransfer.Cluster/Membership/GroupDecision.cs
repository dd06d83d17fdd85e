using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Membership;

/// <summary>A worker that no longer belongs to the group.</summary>
/// <param name="Worker">Who.</param>
/// <param name="Kind">One of a few words: <c>node-lost</c>, <c>silent</c>, <c>unreachable</c>, <c>broken-off</c>, <c>stopped</c>, <c>drain</c>,
/// <c>slow</c>, <c>failed</c>.</param>
/// <param name="Reason">In words.</param>
public sealed record Departure(WorkerAddress Worker, string Kind, string Reason);

/// <summary>What an experiment does next about its group, and why.</summary>
/// <param name="Reason">In words, for the history.</param>
public abstract record GroupDecision(string Reason)
{
    /// <summary>Nothing: wait for what the reason names.</summary>
    public sealed record Wait(string Reason) : GroupDecision(Reason);

    /// <summary>Ask the group to pause at the next step boundary.</summary>
    public sealed record Pause(string Reason) : GroupDecision(Reason);

    /// <summary>Declare the generation over: everyone gives up the step in flight.</summary>
    public sealed record Halt(string Reason) : GroupDecision(Reason);

    /// <summary>Open the next generation.</summary>
    /// <param name="Group">Its workers in rank order, each node's together.</param>
    /// <param name="From">Where they start from.</param>
    /// <param name="Source">Who hands its replica to those that do not stand there; null when all do.</param>
    /// <param name="Departed">Who was in the last generation and is not in this one.</param>
    /// <param name="Kind">Why the membership changes, in one word for the metrics.</param>
    public sealed record Open(
        IReadOnlyList<WorkerAddress> Group,
        ReplicaPosition From,
        WorkerAddress? Source,
        IReadOnlyList<Departure> Departed,
        string Kind,
        string Reason) : GroupDecision(Reason);

    /// <summary>Too few workers are left: have one of them store its replica.</summary>
    /// <param name="Worker">Who stores it.</param>
    /// <param name="Departed">Who is lost.</param>
    public sealed record Save(WorkerAddress Worker, IReadOnlyList<Departure> Departed, string Reason) : GroupDecision(Reason);

    /// <summary>Give all devices back and wait in the queue, to go on from the newest checkpoint.</summary>
    /// <param name="Departed">Who is lost.</param>
    public sealed record Requeue(IReadOnlyList<Departure> Departed, string Reason) : GroupDecision(Reason);

    /// <summary>Let joiners go that will not be of use.</summary>
    /// <param name="Departed">Who.</param>
    public sealed record Drop(IReadOnlyList<Departure> Departed, string Reason) : GroupDecision(Reason);

    /// <summary>All workers have finished.</summary>
    public sealed record Complete() : GroupDecision("all workers have finished");

    /// <summary>The run cannot go on, and no other group could do better.</summary>
    public sealed record Fail(string Reason) : GroupDecision(Reason);
}
