using System.Text.Json;
using Orleans.Runtime;
using OrleansTransfer.Cluster.Membership;
using OrleansTransfer.Cluster.Workers;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Scheduling;
using OrleansTransfer.Contracts.Workers;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Experiments;

/// <summary>The grain's hands: carries out what <see cref="GroupPolicy"/> decides about the group.</summary>
public sealed partial class ExperimentGrain
{
    // An order is one small message; a node that does not take it in this time is in no state to train.
    private static readonly TimeSpan s_orderDeadline = TimeSpan.FromSeconds(5);

    private const int OrderAttempts = 3;

    // A node that was left out is not asked for again at once.
    private static readonly TimeSpan s_avoidance = TimeSpan.FromMinutes(5);

    // A run that is started again and again without getting anywhere holds devices that others could use.
    private const int FruitlessAttempts = 5;

    // A run of weeks on machines that are taken away may lose thousands of nodes.
    private const int RememberedDeaths = 20;

    // Ticks are half a second apart.
    private static readonly TimeSpan s_deafness = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, DateTimeOffset> _avoided = new(StringComparer.Ordinal);
    private PaceWatch _pace = new();
    private IReadOnlyList<double> _lateness = [];
    private GroupRoster? _roster;
    private DateTimeOffset? _listened;
    private bool _judging;
    private long _reportedStep;
    private bool _mayMissReports;
    private long? _repeated;
    private int _reportedEpoch;
    private ShownFigures _figures = new();

    private (int Workers, int Least) Wanted => (
        Snapshot.Recipe.Resources.Workers, Math.Min(Snapshot.Recipe.Resources.MinWorkers, Snapshot.Recipe.Resources.Workers));

    private async Task StartAsync(IReadOnlyList<WorkerAddress> workers, ClusterStatus cluster)
    {
        var (resume, position) = Snapshot.Attempt > 1 ? await FindCheckpointAsync() : (null, null);
        var lost = Math.Max(0, Snapshot.Step - (resume?.Step ?? 0));
        Snapshot = Snapshot with
        {
            Workers = [.. workers.Select(worker => worker.ToString())],
            Step = resume?.Step ?? 0,
            StepsLost = Snapshot.StepsLost + lost,
        };
        (_reportedStep, _reportedEpoch, _checkpointed) = (Snapshot.Step, position?.Epoch ?? 0, time.GetUtcNow());
        _figures = new();
        _roster = new(Snapshot.Attempt, Snapshot.Generation, GroupStage.Gathering, workers, time.GetUtcNow());
        _roster.Preparing();
        _pace = new();
        await MoveAsync(ExperimentState.Starting, resume is null ? null : $"from the checkpoint of step {resume.Step}");
        Prepare(workers, cluster, resume, joins: false);
    }

    private void Admit(IReadOnlyList<WorkerAddress> workers, ClusterStatus cluster)
    {
        _roster!.Join(workers, time.GetUtcNow());
        Prepare(workers, cluster, resume: null, joins: true);
    }

    // A device that still winds down from another run delays its worker, and this grain must hear the others meanwhile: nothing is waited for here.
    private void Prepare(IReadOnlyList<WorkerAddress> workers, ClusterStatus cluster, CheckpointReference? resume, bool joins)
    {
        var roster = _roster!;
        foreach (var worker in workers)
        {
            var assignment = new WorkerAssignment(
                Id, Snapshot.Attempt, Snapshot.Recipe, Snapshot.WeightsSha256, resume, joins, NeighboursOf(worker, cluster));
            _ = PrepareAsync(roster, worker, assignment);
        }
    }

    private async Task PrepareAsync(GroupRoster roster, WorkerAddress worker, WorkerAssignment assignment)
    {
        try
        {
            await grains.GetGrain<IWorkerGrain>(worker.ToString()).Prepare(assignment);
            roster.Started(worker, time.GetUtcNow());
        }
        catch (Exception e)
        {
            // One that has reported has begun: only the answer was lost.
            if (roster.LastOf(worker) is null) roster.Unreachable(worker, FirstLine(e));
        }
    }

    // Chosen here, once, so that every rank starts from the same one.
    private async Task<(CheckpointReference?, TrainingPosition?)> FindCheckpointAsync()
    {
        var found = await new CheckpointStore(container, Id).FindNewestAsync(CheckpointCheck.Content, CancellationToken.None);
        foreach (var skipped in found.Skipped)
            _history.Add(Event("log") with { Message = $"Checkpoint {skipped.Name} is damaged and was passed over: {skipped.Reason}" });
        return found.Newest is { } newest
            ? (new(newest.Step, newest.Attempt), newest.Position.Deserialize<TrainingPosition>(JsonSerializerOptions.Web))
            : (null, null);
    }

    private static int NeighboursOf(WorkerAddress worker, ClusterStatus cluster)
    {
        var machine = cluster.Nodes.FirstOrDefault(node => node.Name == worker.Node)?.Machine;
        var devices = cluster.Nodes.Where(node => node.Machine == machine).SelectMany(node => node.Devices);
        return Math.Max(1, devices.Count(device => device.Name.StartsWith("cpu", StringComparison.Ordinal)));
    }

    // The node of the activation before this one is gone, or Orleans moved the grain. The workers train on, or rest and say so with their next reports.
    private void TakeOver()
    {
        var stage = Snapshot.State == ExperimentState.Starting ? GroupStage.Gathering : GroupStage.Training;
        if (Snapshot.State != ExperimentState.Queued)
            _roster = new(Snapshot.Attempt, Snapshot.Generation, stage, Snapshot.Workers.Select(WorkerAddress.Parse), time.GetUtcNow());
        foreach (var e in _history.OfThisAttempt())
        {
            if (e.Kind == "step") _reportedStep = Math.Max(_reportedStep, e.Step);
            if (e.Kind == "epoch") _reportedEpoch = Math.Max(_reportedEpoch, e.Epoch);
        }
        _figures.Of(_history.OfThisAttempt());
        _mayMissReports = true;
        Snapshot = Snapshot with { Owner = Self() };
    }

    private WorkerDirective DirectiveFor(WorkerReport report)
    {
        if (_roster is null || !_roster.Counts(report)) return WorkerDirective.Stop;
        return _roster.Stage switch
        {
            GroupStage.Halting when report.Phase == WorkerPhase.Training => WorkerDirective.Halt,
            GroupStage.Pausing when report.Phase == WorkerPhase.Training => WorkerDirective.Pause,
            _ => WorkerDirective.Continue,
        };
    }

    // While this grain waits for the container it hears nobody, and takes nobody for silent who could not be heard.
    private void Listen()
    {
        var now = time.GetUtcNow();
        if (_listened is { } last && now - last > s_deafness)
        {
            LogDeaf(Id, (now - last).TotalSeconds);
            _roster?.Excuse(now - last);
        }

        _listened = now;
    }

    private async Task JudgeAsync()
    {
        Listen();
        // Orders that fail come back here while an earlier judgement still waits for the container.
        if (_judging || IsOutcast) return;
        _judging = true;
        try
        {
            while (_roster is { } roster)
            {
                var decision = GroupPolicy.Decide(roster.View(Wanted.Workers, Wanted.Least, time.GetUtcNow()), groupOptions.Value);
                if (decision is GroupDecision.Wait) return;
                await ActAsync(roster, decision);
            }
        }
        finally
        {
            _judging = false;
        }
    }

    private async Task ActAsync(GroupRoster roster, GroupDecision decision)
    {
        LogDecided(Id, roster.Generation, decision.GetType().Name, decision.Reason);
        switch (decision)
        {
            case GroupDecision.Pause:
                roster.Enter(GroupStage.Pausing, time.GetUtcNow());
                foreach (var worker in roster.Members) Tell(worker, grain => grain.Pause(Id, roster.Generation));
                break;
            case GroupDecision.Halt:
                roster.Enter(GroupStage.Halting, time.GetUtcNow());
                foreach (var worker in roster.Members.Where(worker => !IsGone(roster, worker)))
                    Tell(worker, grain => grain.Halt(Id, roster.Generation, decision.Reason));
                break;
            case GroupDecision.Open open:
                await OpenAsync(roster, open);
                break;
            case GroupDecision.Drop drop:
                foreach (var departure in drop.Departed) Say($"{Capitalised(departure.Reason)}.");
                Depart(roster, drop.Departed);
                break;
            case GroupDecision.Save save:
                await SaveAsync(roster, save);
                break;
            case GroupDecision.Requeue requeue:
                await RequeueAsync(roster, requeue);
                break;
            case GroupDecision.Complete:
                // Equal by construction. If ever they are not, nobody should trust the result.
                var digests = roster.Members.Select(worker => (Worker: worker, roster.LastOf(worker)?.Digest)).Where(entry => entry.Digest is not null);
                if (digests.GroupBy(entry => entry.Digest).ToList() is { Count: > 1 } differing)
                {
                    Snapshot = Snapshot with { InfrastructureFailed = true };
                    await EndAsync(ExperimentState.Failed, $"the replicas of {string.Join(" and ", differing.Select(group => group.First().Worker))} differ");
                }
                else await EndAsync(ExperimentState.Completed, null);
                break;
            case GroupDecision.Fail fail:
                await EndAsync(ExperimentState.Failed, fail.Reason);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(decision), decision, "Unknown decision.");
        }
    }

    private async Task OpenAsync(GroupRoster roster, GroupDecision.Open open)
    {
        if (await IsPoisonousAsync(roster, open.Departed, open.From.GlobalStep)) return;
        var starts = roster.Stage == GroupStage.Gathering;
        var broke = roster.Stage == GroupStage.Halting;
        Snapshot = Snapshot with
        {
            Generation = Snapshot.Generation + 1,
            Workers = [.. open.Group.Select(worker => worker.ToString())],
            Step = Math.Max(Snapshot.Step, open.From.GlobalStep),
            StepsLost = Snapshot.StepsLost + (broke ? 1 : 0),
        };
        Instruments.GenerationChanged(starts ? Snapshot.Attempt == 1 ? "start" : "resume" : open.Kind);
        if (!starts || open.Departed.Count > 0)
            Say($"Generation {Snapshot.Generation} goes on after step {open.From.GlobalStep} with {Count(open.Group.Count)}: {open.Reason}.");

        // Known before anyone acts on it.
        if (Snapshot.State == ExperimentState.Running) await WriteAsync();
        else await MoveAsync(ExperimentState.Running, null);

        Depart(roster, open.Departed);
        roster.Open(Snapshot.Generation, open, time.GetUtcNow());
        foreach (var (rank, worker) in open.Group.Index())
        {
            var order = new GroupOrder(Id, Snapshot.Generation, rank, open.Group, open.From, open.Source, _reportedStep, _reportedEpoch);
            _ = OrderAsync(roster, worker, order);
        }
    }

    private async Task OrderAsync(GroupRoster roster, WorkerAddress worker, GroupOrder order)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await grains.GetGrain<IWorkerGrain>(worker.ToString()).Open(order).WaitAsync(s_orderDeadline, time);
                return;
            }
            catch (Exception e)
            {
                // It may have the order, and only the answer was lost. Or the order was: whether it lives, the cluster and its silence will tell.
                // Never once the attempt is over: the device may already have a worker of the next one, to which every generation is new.
                if (!ReferenceEquals(roster, _roster) || roster.Generation != order.Generation || !roster.Counts(worker)) return;
                if (roster.HasNoted(worker, order.Generation)) return;
                if (e is TimeoutException && attempt < OrderAttempts && !IsGone(roster, worker)) continue;

                // One that is lost says nothing more; the others must not wait for the next tick.
                roster.Unreachable(worker, FirstLine(e));
                await JudgeAsync();
                return;
            }
        }
    }

    private async Task SaveAsync(GroupRoster roster, GroupDecision.Save save)
    {
        if (await IsPoisonousAsync(roster, save.Departed, Snapshot.Step)) return;
        Say($"{Capitalised(save.Reason)}.");

        // A generation of its own names the checkpoint, so that it cannot meet one that exists.
        Snapshot = Snapshot with
        {
            Generation = Snapshot.Generation + 1,
            StepsLost = Snapshot.StepsLost + (roster.Stage == GroupStage.Halting ? 1 : 0),
        };
        await WriteAsync();
        Depart(roster, save.Departed.Where(departure => departure.Worker != save.Worker).ToList());
        roster.Save(save.Worker, time.GetUtcNow());
        TellKeeper();
    }

    // An order may be lost, and to order it twice is to order it once.
    private void TellKeeper()
    {
        if (_roster is not { Keeper: { } keeper, Saved: false }) return;
        var generation = Snapshot.Generation;
        Tell(keeper, grain => grain.Save(Id, generation));
    }

    private async Task RequeueAsync(GroupRoster roster, GroupDecision.Requeue requeue)
    {
        if (await IsPoisonousAsync(roster, requeue.Departed, Snapshot.Step)) return;
        var fruitless = roster.Stage == GroupStage.Gathering ? Snapshot.FruitlessAttempts + 1 : 0;
        if (fruitless >= FruitlessAttempts)
        {
            Snapshot = Snapshot with { InfrastructureFailed = true };
            await EndAsync(ExperimentState.Failed, $"{fruitless} starts in a row came to nothing; the last: {requeue.Reason}");
            return;
        }
        Snapshot = Snapshot with { FruitlessAttempts = fruitless };
        Say($"Back to the queue: {requeue.Reason}.");
        Instruments.GenerationChanged(requeue.Departed.Count > 0 ? requeue.Departed[0].Kind : "requeue");
        Dismiss(roster.Everyone.ToList(), requeue.Reason);
        _roster = null;
        await ReleaseAsync();
        await QueueAsync(Snapshot.Attempt + 1, requeue.Reason);
    }

    private async Task<bool> IsPoisonousAsync(GroupRoster roster, IReadOnlyList<Departure> departed, long step)
    {
        // Whoever died before it had a place did not die of the training. Whoever never reported was not there yet, while a group gathers: a node
        // that has just died may be given once more before the cluster knows. Later it did report, to a coordinator that is gone, which may have
        // counted it.
        bool Counts(WorkerAddress worker) => roster.LastOf(worker) is { } last
            ? last.Activity is not ("joining" or "taking over")
            : roster.Stage != GroupStage.Gathering && !Snapshot.Deaths.Any(death => death.Node == worker.Node && death.Step == step);

        var deaths = departed.Where(departure => departure.Kind == "node-lost" && Counts(departure.Worker))
            .Select(departure => (departure.Worker.Node, Last: roster.LastOf(departure.Worker)))
            .DistinctBy(death => death.Node)
            .Select(death => new NodeDeath(
                roster.Generation, step, death.Node, death.Last?.Activity ?? death.Last?.Phase.ToString().ToLowerInvariant() ?? "training"))
            .ToList();
        if (deaths.Count == 0) return false;
        Snapshot = Snapshot with { Deaths = [.. Snapshot.Deaths.TakeLast(RememberedDeaths), .. deaths] };
        if (PoisonRule.Judge(Snapshot.Deaths) is not { } reason) return false;
        await EndAsync(ExperimentState.Failed, reason);
        return true;
    }

    private void Depart(GroupRoster roster, IReadOnlyList<Departure> departed)
    {
        if (departed.Count == 0) return;
        var workers = departed.Select(departure => departure.Worker).ToList();
        foreach (var departure in departed)
        {
            // A process that is lost may not be known to be dead yet; one that is started in its place is welcome.
            var avoid = departure.Kind is "slow" or "broken-off" or "failed" ? departure.Worker.Node : roster.LastOf(departure.Worker)?.Silo;
            if (avoid is not null) _avoided[avoid] = time.GetUtcNow() + s_avoidance;
        }

        // Whoever does not answer learns it when it next reports, if ever.
        var present = departed.Where(departure => departure.Kind is not ("node-lost" or "silent" or "unreachable"));
        Dismiss([.. present.Select(departure => departure.Worker)], departed[0].Reason);
        roster.Remove(workers);
        // Whatever becomes of this message: a scheduler looks after devices that are granted and idle.
        grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).ReleaseSome(Id, workers).Ignore();
    }

    // Nobody waits for the answers: a node may die meanwhile. One that is dead already has no worker to stop.
    private void Dismiss(IReadOnlyList<WorkerAddress> workers, string reason)
    {
        var live = LiveNodes().ToHashSet(StringComparer.Ordinal);
        var attempt = Snapshot.Attempt;
        foreach (var worker in workers.Where(worker => live.Contains(worker.Node))) Tell(worker, grain => grain.Stop(Id, attempt, reason));
    }

    // Whoever misses it learns it from the answer to its next report.
    private void Tell(WorkerAddress worker, Func<IWorkerGrain, Task> order) => order(grains.GetGrain<IWorkerGrain>(worker.ToString())).Ignore();

    private void AskForMore()
    {
        if (_roster is not { Stage: GroupStage.Training } roster) return;
        var missing = Wanted.Workers - roster.Everyone.Count();
        if (missing <= 0 || roster.Members.Count == 0) return;
        var kind = roster.Members[0].Device.Split(':')[0];
        grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key)
            .RequestMore(Id, GangFor(missing) with { Device = kind }, Snapshot.Recipe.Resources.Priority).Ignore();
    }

    private GangRequest GangFor(int workers)
    {
        foreach (var node in _avoided.Where(pair => pair.Value < time.GetUtcNow()).Select(pair => pair.Key).ToList()) _avoided.Remove(node);
        return new(workers, Math.Min(Wanted.Least, workers), Snapshot.Recipe.Resources.Device, [.. _avoided.Keys]);
    }

    private void WatchNodes(GroupRoster roster)
    {
        foreach (var worker in roster.Everyone.Where(worker => IsGone(roster, worker)).ToList()) roster.NodeLost(worker);
    }

    // By the silo that the worker last reported from: a node that came back under its old name is another one.
    private bool IsGone(GroupRoster roster, WorkerAddress worker) =>
        roster.LastOf(worker)?.Silo is { } address ? IsDead(address) : !LiveNodes().Contains(worker.Node);

    // Once the cluster has declared this node dead, another one's activation decides. This one sees nobody but lost workers, its own among them, and
    // would give up a run whose state the others hold.
    private bool IsOutcast => IsDead(silo.SiloAddress.ToString());

    private bool IsDead(string address) => membership.CurrentSnapshot.Members
        .Any(member => member.Value.Status == SiloStatus.Dead && member.Key.ToString() == address);

    private IEnumerable<string> LiveNodes() => membership.CurrentSnapshot.Members.Values
        .Where(member => member.Status is SiloStatus.Active or SiloStatus.Joining or SiloStatus.ShuttingDown).Select(member => member.Name);

    private void WatchPace(GroupRoster roster)
    {
        if (roster.Stage != GroupStage.Training) return;
        var now = time.GetUtcNow();
        var paces = PaceWatch.Compare([.. roster.Members.Select(worker => (worker, roster.LastOf(worker)?.StepSeconds ?? 0))]);
        _lateness = [.. paces.Select(pace => pace.Lateness)];
        foreach (var pace in _pace.Take(paces, now)) Say($"Worker {pace.Worker} is slow: {Describe(pace)}.");
        var factor = Snapshot.Recipe.Resources.ExcludeSlowerThan;
        foreach (var pace in paces) roster.TooSlow(pace.Worker, factor > 0 && _pace.Exceeds(pace, factor, now) ? Describe(pace) : null);
    }

    private static string Describe(Pace pace) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"it computes {pace.Own:0.000} s per step, the others {pace.Others:0.000} s");

    private void Say(string message) => _history.Add(Event("log") with { Message = message });

    // Orleans' messages go on with where in its code it was.
    private static string FirstLine(Exception e) => e.Message.Split('\n')[0].Trim();

    private static string Count(int workers) => workers == 1 ? "1 worker" : $"{workers} workers";

    private static string Capitalised(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];
}
