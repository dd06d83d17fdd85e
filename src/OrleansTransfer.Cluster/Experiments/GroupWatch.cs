using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Experiments;

/// <summary>What the reports of a group, and their absence, amount to.</summary>
public enum GroupVerdict
{
    /// <summary>Some workers still load.</summary>
    Starting,

    /// <summary>All are ready; the run goes on.</summary>
    Running,

    /// <summary>All have finished.</summary>
    Finished,

    /// <summary>The group cannot go on.</summary>
    Broken,
}

/// <summary>
/// Judges a group of workers from their reports: a pure state machine, fed with times and returning a verdict and its reason. The first cause by time wins; a
/// worker that merely stopped because of another (<see cref="WorkerReportKind.Aborted"/>) is never the cause while a better one may still come.
/// </summary>
public sealed class GroupWatch
{
    private readonly Member[] _members;
    private readonly WatchOptions _options;
    private string? _cause;
    private (string Reason, DateTimeOffset Since)? _aborted;

    /// <param name="workers">The group in rank order.</param>
    /// <param name="options">Deadlines.</param>
    /// <param name="now">When the workers were started, or the watch over them was taken up again.</param>
    /// <param name="ready">Whether all have been ready before.</param>
    public GroupWatch(IReadOnlyList<WorkerAddress> workers, WatchOptions options, DateTimeOffset now, bool ready = false)
    {
        _members = [.. workers.Select(worker => new Member(worker) { Seen = now, Advanced = now, Ready = ready })];
        _options = options;
    }

    /// <summary>Takes a report in. Returns false for one that was seen before.</summary>
    public bool Take(WorkerReport report, DateTimeOffset now)
    {
        var member = _members[report.Rank];
        member.Seen = now;
        if (report.Number <= member.Number) return false;
        member.Number = report.Number;
        if (report.Step > member.Step) (member.Step, member.Advanced) = (report.Step, now);
        switch (report.Kind)
        {
            case WorkerReportKind.Ready:
                (member.Ready, member.Advanced) = (true, now);
                break;
            case WorkerReportKind.Finished:
                member.Finished = true;
                break;
            case WorkerReportKind.Failed:
                _cause ??= $"worker {member.Worker} (rank {report.Rank}): {report.Reason}";
                break;
            case WorkerReportKind.Aborted:
                _aborted ??= ($"worker {member.Worker} (rank {report.Rank}): {report.Reason}", now);
                break;
        }
        return true;
    }

    /// <summary>Takes in that a node left the cluster.</summary>
    public void NodeLost(string node)
    {
        var rank = Array.FindIndex(_members, member => member.Worker.Node == node && !member.Finished);
        if (rank >= 0) _cause ??= $"node {node} is gone, and with it worker {_members[rank].Worker} (rank {rank})";
    }

    /// <summary>Takes in that every worker has been told to start: only from now on must they be heard of.</summary>
    public void Started(DateTimeOffset now)
    {
        foreach (var member in _members) (member.Seen, member.Advanced) = (now, now);
    }

    /// <summary>Takes in that a worker could not be started.</summary>
    public void StartFailed(int rank, string reason) => _cause ??= $"worker {_members[rank].Worker} (rank {rank}) could not start: {reason}";

    /// <summary>How the group stands.</summary>
    public (GroupVerdict Verdict, string Reason) Judge(DateTimeOffset now)
    {
        if (_cause is not null) return (GroupVerdict.Broken, _cause);
        foreach (var (rank, member) in _members.Index())
        {
            if (member.Finished) continue;
            if (now - member.Seen > _options.Silence)
                return (GroupVerdict.Broken, $"worker {member.Worker} (rank {rank}) has been silent for {(now - member.Seen).TotalSeconds:0} s: its node is dead, frozen or cut off");
            if (now - member.Advanced > _options.Progress)
                return (GroupVerdict.Broken, $"worker {member.Worker} (rank {rank}) has made no progress for {(now - member.Advanced).TotalMinutes:0} min");
        }
        if (_aborted is { } aborted && now - aborted.Since > _options.CausePatience) return (GroupVerdict.Broken, aborted.Reason);
        if (_members.All(member => member.Finished)) return (GroupVerdict.Finished, "all workers have finished");
        return _members.All(member => member.Ready) ? (GroupVerdict.Running, "") : (GroupVerdict.Starting, "");
    }

    private sealed class Member(WorkerAddress worker)
    {
        public WorkerAddress Worker => worker;

        public DateTimeOffset Seen { get; set; }

        public DateTimeOffset Advanced { get; set; }

        public long Number { get; set; }

        public long Step { get; set; }

        public bool Ready { get; set; }

        public bool Finished { get; set; }
    }
}
