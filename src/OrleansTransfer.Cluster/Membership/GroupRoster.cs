using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Membership;

/// <summary>
/// Keeps what is known of the workers of one experiment: fed with reports, losses and times, asked for a <see cref="GroupView"/>. No decisions here.
/// </summary>
public sealed class GroupRoster
{
    private readonly Dictionary<WorkerAddress, Member> _known = [];
    private readonly int _attempt;
    private DateTimeOffset _since;
    private List<WorkerAddress> _members = [], _joiners = [];
    private (ReplicaPosition? At, int Count) _breaks;

    /// <param name="attempt">Start of the run.</param>
    /// <param name="generation">The generation that is open, or was last.</param>
    /// <param name="stage">What the experiment is doing.</param>
    /// <param name="members">The group in rank order; while gathering, those that were granted.</param>
    /// <param name="now">The time; silence counts from here.</param>
    public GroupRoster(int attempt, int generation, GroupStage stage, IEnumerable<WorkerAddress> members, DateTimeOffset now)
    {
        (_attempt, Generation, Stage, _since) = (attempt, generation, stage, now);
        _members = [.. members];
        foreach (var worker in _members) _known[worker] = new(worker, now);
    }

    /// <summary>The generation that is open, or was last.</summary>
    public int Generation { get; private set; }

    /// <summary>What the experiment is doing.</summary>
    public GroupStage Stage { get; private set; }

    /// <summary>Who is to store its replica, in <see cref="GroupStage.Saving"/>; null in other stages.</summary>
    public WorkerAddress? Keeper { get; private set; }

    /// <summary>Whether it has.</summary>
    public bool Saved { get; set; }

    /// <summary>The group in rank order.</summary>
    public IReadOnlyList<WorkerAddress> Members => _members;

    /// <summary>Granted workers without a place.</summary>
    public IReadOnlyList<WorkerAddress> Joiners => _joiners;

    /// <summary>Everyone.</summary>
    public IEnumerable<WorkerAddress> Everyone => _members.Concat(_joiners);

    /// <summary>Whether a report is of someone who counts here.</summary>
    public bool Counts(WorkerReport report) => report.Attempt == _attempt && Counts(report.Worker);

    /// <summary>Whether a worker counts here.</summary>
    public bool Counts(WorkerAddress worker) => _known.ContainsKey(worker);

    /// <summary>Takes a report of someone who counts in. Returns false for one that was seen before.</summary>
    public bool Take(WorkerReport report, DateTimeOffset now)
    {
        var member = _known[report.Worker];
        (member.Seen, member.Preparing) = (now, false);
        if (member.Last is { } last && report.Number <= last.Number) return false;
        if (member.Last?.Phase != report.Phase || !Equals(member.Last.Position, report.Position)) member.Advanced = now;
        member.Last = report;
        if (report.Blames is { } node && report.Phase == WorkerPhase.Halted && report.Generation >= Generation)
            foreach (var other in _known.Values.Where(other => other.Worker.Node == node)) other.Blamed = true;
        return true;
    }

    /// <summary>Takes in that a worker's node left the cluster.</summary>
    public void NodeLost(WorkerAddress worker)
    {
        if (_known.TryGetValue(worker, out var member)) member.NodeGone = true;
    }

    /// <summary>Takes in that a worker could not be given an order.</summary>
    public void Unreachable(WorkerAddress worker, string reason)
    {
        if (!_known.TryGetValue(worker, out var member)) return;
        member.Unreachable ??= reason;
        member.Preparing = false;
    }

    /// <summary>Takes in that a worker is too slow, in words, or no longer is.</summary>
    public void TooSlow(WorkerAddress worker, string? reason)
    {
        if (_known.TryGetValue(worker, out var member)) member.Slow = reason;
    }

    /// <summary>Takes granted workers in that are to join.</summary>
    public void Join(IEnumerable<WorkerAddress> workers, DateTimeOffset now)
    {
        foreach (var worker in workers.Where(worker => !_known.ContainsKey(worker)))
        {
            _known[worker] = new(worker, now) { Preparing = true };
            _joiners.Add(worker);
        }
    }

    /// <summary>Takes in that a worker has begun to prepare: only from now on must it be heard of, for its device may have been busy till then.</summary>
    public void Started(WorkerAddress worker, DateTimeOffset now)
    {
        if (_known.TryGetValue(worker, out var member)) (member.Seen, member.Advanced, member.Preparing) = (now, now, false);
    }

    /// <summary>Takes in that all workers have yet to begin to prepare.</summary>
    public void Preparing()
    {
        foreach (var member in _known.Values) member.Preparing = true;
    }

    /// <summary>Takes in that nobody could be heard for a while, which is not the workers' fault.</summary>
    public void Excuse(TimeSpan deafness)
    {
        foreach (var member in _known.Values) (member.Seen, member.Advanced) = (member.Seen + deafness, member.Advanced + deafness);
        _since += deafness;
    }

    /// <summary>Forgets workers: from now on they do not count.</summary>
    public void Remove(IEnumerable<WorkerAddress> workers)
    {
        foreach (var worker in workers)
        {
            _known.Remove(worker);
            _members = [.. _members.Where(member => member != worker)];
            _joiners = [.. _joiners.Where(joiner => joiner != worker)];
        }
    }

    /// <summary>Enters a stage other than that of an open generation, or of saving.</summary>
    public void Enter(GroupStage stage, DateTimeOffset now) => (Stage, _since, Keeper) = (stage, now, null);

    /// <summary>Enters <see cref="GroupStage.Saving"/>, once more if another keeper was lost.</summary>
    public void Save(WorkerAddress keeper, DateTimeOffset now) => (Stage, _since, Keeper, Saved) = (GroupStage.Saving, now, keeper, false);

    /// <summary>Opens a generation.</summary>
    public void Open(int generation, GroupDecision.Open decision, DateTimeOffset now)
    {
        _breaks = decision.Kind != "broken" ? (null, 0) : decision.From.Equals(_breaks.At) ? (_breaks.At, _breaks.Count + 1) : (decision.From, 1);
        Remove(decision.Departed.Select(departure => departure.Worker).ToList());
        _members = [.. decision.Group];
        _joiners = [.. _joiners.Except(decision.Group)];
        (Generation, Stage, _since, Keeper) = (generation, GroupStage.Training, now, null);
        foreach (var member in _known.Values) member.Blamed = false;
    }

    /// <summary>What is known, for a decision.</summary>
    public GroupView View(int wanted, int least, DateTimeOffset now) =>
        new(Stage, now - _since, Generation, ViewsOf(_members, UnknownPhase, now), ViewsOf(_joiners, WorkerPhase.Loading, now), wanted, least, _breaks.Count)
        {
            Keeper = Keeper,
            Saved = Saved,
        };

    /// <summary>Whether a worker has taken an order in, as its reports have it.</summary>
    public bool HasNoted(WorkerAddress worker, int generation) => LastOf(worker)?.Generation >= generation;

    /// <summary>Newest report of a worker, or null.</summary>
    public WorkerReport? LastOf(WorkerAddress worker) => _known.TryGetValue(worker, out var member) ? member.Last : null;

    private List<MemberView> ViewsOf(IEnumerable<WorkerAddress> workers, WorkerPhase unknown, DateTimeOffset now) => [.. workers.Select(worker =>
    {
        var member = _known[worker];
        return new MemberView(
            worker,
            member.Last?.Phase ?? unknown,
            member.Last?.Generation ?? 0,
            member.Last?.Position,
            member.Preparing ? TimeSpan.Zero : now - member.Seen,
            member.Preparing ? TimeSpan.Zero : now - member.Advanced)
        {
            NodeGone = member.NodeGone,
            Blamed = member.Blamed,
            Leaving = member.Last?.Leaving ?? false,
            TooSlow = member.Slow,
            Unreachable = member.Unreachable,
            Reason = member.Last?.Reason,
            Activity = member.Last?.Activity,
        };
    })];

    // Of a worker that has not reported yet: it loads, or, where a new coordinator takes over, trains.
    private WorkerPhase UnknownPhase => Stage == GroupStage.Gathering ? WorkerPhase.Loading : WorkerPhase.Training;

    private sealed class Member(WorkerAddress worker, DateTimeOffset now)
    {
        public WorkerAddress Worker => worker;

        public DateTimeOffset Seen { get; set; } = now;

        public DateTimeOffset Advanced { get; set; } = now;

        public WorkerReport? Last { get; set; }

        public bool NodeGone { get; set; }

        public bool Blamed { get; set; }

        public bool Preparing { get; set; }

        public string? Unreachable { get; set; }

        public string? Slow { get; set; }
    }
}
