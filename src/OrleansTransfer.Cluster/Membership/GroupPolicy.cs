using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Membership;

/// <summary>
/// Decides who belongs to a group: a pure function of what the experiment knows, asked again with every report and twice a second. All replicas of a
/// group stand at the same step boundary or, when an exchange broke, at two neighbouring ones: whoever got all results has done the step, the others
/// have not. The next generation starts from the later one, and those behind take over the state of one that is not, as a joiner does.
/// </summary>
public static class GroupPolicy
{
    /// <summary>What to do now.</summary>
    public static GroupDecision Decide(GroupView view, GroupOptions options)
    {
        if (view.Members.FirstOrDefault(member => member.Phase == WorkerPhase.Failed) is { } failed)
            return new GroupDecision.Fail($"worker {Name(view, failed)}: {failed.Reason}");

        var lost = view.Members.Select(member => Loss(view, member, options)).OfType<Departure>().ToList();
        var live = view.Members.Where(member => lost.All(departure => departure.Worker != member.Worker)).ToList();

        if (view.Stage != GroupStage.Saving)
        {
            var useless = view.Joiners.Select(joiner => JoinerLoss(view, joiner, options)).OfType<Departure>().ToList();
            if (useless.Count > 0) return new GroupDecision.Drop(useless, useless[0].Reason);
        }

        if (Hang(view, live, options) is { } hang) return hang;
        return view.Stage switch
        {
            GroupStage.Gathering => Gather(view, live, lost),
            GroupStage.Training => Watch(view, live, lost, options),
            GroupStage.Pausing => AwaitPause(view, live, lost, options),
            GroupStage.Halting => Regroup(view, live, lost, options),
            GroupStage.Saving => AwaitSave(view, live, lost, options),
            _ => throw new ArgumentOutOfRangeException(nameof(view), view.Stage, "Unknown stage."),
        };
    }

    private static GroupDecision Gather(GroupView view, IReadOnlyList<MemberView> live, IReadOnlyList<Departure> lost)
    {
        var departed = lost.Concat(live.Where(member => member.Leaving).Select(Drained)).ToList();
        live = Without(live, departed);
        if (live.Count < view.Least) return new GroupDecision.Requeue(departed, Sentence(departed, "too few workers are left to start"));
        return live.FirstOrDefault(member => !member.AtRest) is { } loading
            ? new GroupDecision.Wait($"waits for worker {Name(view, loading)} to load")
            : Open(view, live, departed, "start");
    }

    private static GroupDecision Watch(
        GroupView view, IReadOnlyList<MemberView> live, IReadOnlyList<Departure> lost, GroupOptions options)
    {
        if (lost.Count > 0) return new GroupDecision.Halt(lost[0].Reason);
        if (live.FirstOrDefault(member => member.Phase == WorkerPhase.Halted && member.Noted >= view.Generation) is { } halted)
            return new GroupDecision.Halt($"worker {Name(view, halted)}: {halted.Reason ?? "it has paused"}");

        // A coordinator may die between writing a generation down and telling the workers of it: the next one takes it to be open, and nobody is in it.
        if (view.InStage > options.Silence && live.FirstOrDefault(member => member.AtRest && member.Noted < view.Generation) is { } untold)
            return new GroupDecision.Halt($"worker {Name(view, untold)} has not heard of generation {view.Generation}");
        if (live.All(member => member.Phase == WorkerPhase.Finished && member.Noted >= view.Generation)) return new GroupDecision.Complete();
        if (live.FirstOrDefault(member => member.Leaving) is { } leaving)
            return new GroupDecision.Pause($"node {leaving.Worker.Node} shuts down");
        if (live.FirstOrDefault(member => member.TooSlow is not null) is { } slow && live.Count > view.Least)
            return new GroupDecision.Pause($"worker {Name(view, slow)} is too slow: {slow.TooSlow}");

        // Joiners come in together: each change of the group costs its members a pause.
        var ready = view.Joiners.Where(joiner => joiner.Phase == WorkerPhase.Ready && !joiner.Leaving).ToList();
        if (ready.Count > 0 && ready.Count == view.Joiners.Count && live.All(member => member.Phase == WorkerPhase.Training))
            return new GroupDecision.Pause($"{List(ready.Select(joiner => $"worker {joiner.Worker}"))} can join");
        return new GroupDecision.Wait("");
    }

    private static GroupDecision AwaitPause(
        GroupView view, IReadOnlyList<MemberView> live, IReadOnlyList<Departure> lost, GroupOptions options)
    {
        if (lost.Count > 0) return new GroupDecision.Halt(lost[0].Reason);
        if (live.All(member => member.Phase == WorkerPhase.Finished)) return new GroupDecision.Complete();
        if (live.All(IsStill)) return Regroup(view, live, lost, options);

        // A pause leaves all at one boundary. Some at rest and others not means that the step broke.
        if (live.Any(member => member.Phase == WorkerPhase.Halted && member.Reason is not null))
            return new GroupDecision.Halt(live.First(member => member.Phase == WorkerPhase.Halted && member.Reason is not null).Reason!);
        if (view.InStage > options.PausePatience && live.Any(member => member.Leaving))
            return new GroupDecision.Halt("the step is too long for a node that must leave");
        return new GroupDecision.Wait($"waits for worker {Name(view, live.First(member => !IsStill(member)))} to reach the end of its step");

        bool IsStill(MemberView member) => member.AtRest && member.Noted >= view.Generation;
    }

    private static GroupDecision Regroup(
        GroupView view, IReadOnlyList<MemberView> live, IReadOnlyList<Departure> lost, GroupOptions options)
    {
        if (live.FirstOrDefault(member => !member.AtRest || member.Noted < view.Generation) is { } busy)
            return new GroupDecision.Wait($"waits for worker {Name(view, busy)} to give up its step");

        var departed = lost.ToList();
        departed.AddRange(live.Where(member => member.Leaving).Select(Drained));
        var staying = Without(live, departed);
        if (staying.FirstOrDefault(member => member.TooSlow is not null) is { } slow && staying.Count > view.Least)
            departed.Add(new(slow.Worker, "slow", $"worker {Name(view, slow)} is too slow: {slow.TooSlow}"));
        if (lost.Count == 0 && view.BreaksHere >= options.Breaks && live.LastOrDefault(member => member.Blamed) is { } cutOff)
            departed.Add(new(cutOff.Worker, "broken-off",
                $"the group broke up {view.BreaksHere} times at the same step, and worker {Name(view, cutOff)} was blamed for it"));

        staying = Without(live, departed);
        var joining = view.Joiners.Where(joiner => joiner.Phase == WorkerPhase.Ready && !joiner.Leaving)
            .Take(Math.Max(0, view.Wanted - staying.Count)).ToList();
        var holders = live.Where(member => member.Position is not null).ToList();
        if (holders.Count == 0) return new GroupDecision.Requeue(departed, Sentence(departed, "nobody is left who holds the run's state"));
        if (staying.All(member => member.Position is null) || staying.Count + joining.Count < view.Least)
        {
            var keeper = holders.MaxBy(member => member.Position)!;
            return new GroupDecision.Save(keeper.Worker, departed, Sentence(
                departed, $"{staying.Count + joining.Count} of at least {view.Least} workers are left; the run waits for devices"));
        }
        if (lost.Count == 0 && departed.Count == 0 && joining.Count == 0 && view.BreaksHere > options.Breaks)
            return new GroupDecision.Fail($"the group broke up {view.BreaksHere} times at the same step: {live.First(IsBroken(live)).Reason}");
        var kind = departed.Count > 0 ? departed[0].Kind : joining.Count > 0 ? "node-joined" : "broken";
        return Open(view, [.. staying, .. joining], departed, kind);
    }

    private static GroupDecision AwaitSave(
        GroupView view, IReadOnlyList<MemberView> live, IReadOnlyList<Departure> lost, GroupOptions options)
    {
        if (view.Saved) return new GroupDecision.Requeue(lost, "too few workers are left");

        // A keeper may be lost before it has saved, and another hold the same replica.
        return live.Any(member => member.Worker == view.Keeper)
            ? new GroupDecision.Wait($"waits for worker {view.Keeper} to store its replica")
            : Regroup(view, live, lost, options);
    }

    private static GroupDecision Open(GroupView view, IReadOnlyList<MemberView> group, IReadOnlyList<Departure> departed, string kind)
    {
        // The order of nodes is that of their first workers: the lanes and the reduction within a node need each node's ranks together.
        var order = group.Select(member => member.Worker.Node).Distinct().ToList();
        var ranked = group.OrderBy(member => order.IndexOf(member.Worker.Node)).ToList();
        if (ranked.Max(member => member.Position) is not { } from)
            return new GroupDecision.Requeue(departed, Sentence(departed, "nobody is left who holds the run's state"));
        var source = ranked.First(member => from.Equals(member.Position));
        var allThere = ranked.All(member => from.Equals(member.Position));
        var joined = ranked.Where(member => view.Joiners.Contains(member)).ToList();
        var what = new List<string>(departed.Select(departure => departure.Reason));
        if (joined.Count > 0) what.Add($"{List(joined.Select(joiner => $"worker {joiner.Worker}"))} joined");
        if (what.Count == 0 && kind == "broken") what.Add("the exchange broke");
        return new GroupDecision.Open(
            [.. ranked.Select(member => member.Worker)], from, allThere ? null : source.Worker, departed, kind, string.Join("; ", what));
    }

    private static Departure? Loss(GroupView view, MemberView member, GroupOptions options)
    {
        if (member.Unreachable is { } reason) return new(member.Worker, "unreachable", $"worker {Name(view, member)} cannot be reached: {reason}");

        // It has done its part; only if the group is opened once more will it be missed.
        if (member.Phase == WorkerPhase.Finished && view.Stage is GroupStage.Training or GroupStage.Pausing) return null;
        if (member.Phase == WorkerPhase.Stopped)
            return new(member.Worker, "stopped", $"worker {Name(view, member)} stopped: {member.Reason}");
        if (member.NodeGone)
            return new(member.Worker, "node-lost", $"node {member.Worker.Node} is gone, and with it worker {Name(view, member)}");
        if (member.Silent > options.Silence)
            return new(member.Worker, "silent",
                $"worker {Name(view, member)} has been silent for {member.Silent.TotalSeconds:0} s: its node is dead, frozen or cut off");
        return member.Blamed && member.Silent > options.BlamePatience
            ? new(member.Worker, "node-lost", $"node {member.Worker.Node} broke off, and worker {Name(view, member)} is silent")
            : null;
    }

    private static Departure? JoinerLoss(GroupView view, MemberView joiner, GroupOptions options) =>
        joiner.Phase == WorkerPhase.Failed
            ? new(joiner.Worker, "failed", $"worker {joiner.Worker} cannot join: {joiner.Reason}")
            : Loss(view, joiner, options) ?? (joiner.Leaving
                ? new(joiner.Worker, "drain", $"node {joiner.Worker.Node} shuts down before worker {joiner.Worker} has joined")
                : null);

    private static Departure Drained(MemberView member) => new(member.Worker, "drain", $"node {member.Worker.Node} shuts down");

    // Whoever waits in the exchange has done its part: the one to name is the one that has not come there.
    private static GroupDecision? Hang(GroupView view, IReadOnlyList<MemberView> live, GroupOptions options)
    {
        var hanging = live.Where(member => member.Stalled > options.Progress && !member.AtRest).ToList();
        if (hanging.Count == 0) return null;
        var culprit = hanging.FirstOrDefault(member => member.Activity is not "exchange") ?? hanging[0];
        return new GroupDecision.Fail($"worker {Name(view, culprit)} has made no progress for {culprit.Stalled.TotalMinutes:0} min"
            + (culprit.Activity is { } activity ? $" ({activity})" : ""));
    }

    private static Func<MemberView, bool> IsBroken(IReadOnlyList<MemberView> live) =>
        live.Any(member => member.Reason is not null) ? member => member.Reason is not null : _ => true;

    private static List<MemberView> Without(IReadOnlyList<MemberView> members, IReadOnlyList<Departure> departed) =>
        [.. members.Where(member => departed.All(departure => departure.Worker != member.Worker))];

    private static string Name(GroupView view, MemberView member)
    {
        for (var rank = 0; rank < view.Members.Count; rank++)
            if (view.Members[rank].Worker == member.Worker) return $"{member.Worker} (rank {rank})";
        return member.Worker.ToString();
    }

    private static string Sentence(IReadOnlyList<Departure> departed, string consequence) =>
        departed.Count == 0 ? consequence : $"{string.Join("; ", departed.Select(departure => departure.Reason))}; {consequence}";

    private static string List(IEnumerable<string> names) => string.Join(", ", names);
}
