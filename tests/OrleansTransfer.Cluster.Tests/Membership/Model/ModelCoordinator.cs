using OrleansTransfer.Cluster.Membership;
using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Tests.Membership.Model;

/// <summary>
/// Carries out what <see cref="GroupPolicy"/> decides, as the experiment's grain does: the roster and the decisions are the real ones.
/// </summary>
internal sealed class ModelCoordinator
{
    private static readonly GroupOptions s_options = new();

    private readonly ModelWorld _world;
    private readonly Dictionary<string, double> _avoided = [];
    private GroupRoster? _roster;
    private double _listened;
    private int _startedFrom;
    private bool _judging;

    public ModelCoordinator(ModelWorld world, ModelNode node)
    {
        (_world, Node, _listened) = (world, node, world.Now);
        var record = world.Record;
        if (record.State is ModelState.Starting or ModelState.Running)
        {
            var stage = record.State == ModelState.Starting ? GroupStage.Gathering : GroupStage.Training;
            _roster = new(record.Attempt, record.Generation, stage, record.Workers, world.Time);
        }
        Write(record);
        Tick();
    }

    public ModelNode Node { get; }

    // Nobody else has written since.
    private bool Decides => _world.Record.Owner == this && Node.IsMember;

    private ModelRecord Record => _world.Record;

    public static ReplicaPosition At(int step) => new(0, step, step);

    public WorkerDirective Report(WorkerReport report)
    {
        if (_roster is null || !_roster.Counts(report) || !Lives(report.Silo)) return WorkerDirective.Stop;
        _roster.Take(report, _world.Time);
        Judge();
        if (_roster is null || !_roster.Counts(report)) return WorkerDirective.Stop;
        return _roster.Stage switch
        {
            GroupStage.Halting when report.Phase == WorkerPhase.Training => WorkerDirective.Halt,
            GroupStage.Pausing when report.Phase == WorkerPhase.Training => WorkerDirective.Pause,
            _ => WorkerDirective.Continue,
        };
    }

    public bool Commit(WorkerAddress worker, int step, int? save)
    {
        if (!Decides || _roster is null || !_roster.Counts(worker) || !Lives(worker.Node)) return false;
        _world.Checkpoint = Math.Max(step, _world.Checkpoint);
        if (_roster.Stage == GroupStage.Saving && save == Record.Generation) _roster.Saved = true;
        return true;
    }

    private bool Lives(string node) => _world.Nodes.First(one => one.Name == node).IsMember;

    private void Write(ModelRecord record) => _world.Record = record with { Owner = this };

    private void Tick()
    {
        if (!Decides || Record.State.IsFinal()) return;
        if (_world.Now - _listened > 2) _roster?.Excuse(TimeSpan.FromSeconds(_world.Now - _listened));
        _listened = _world.Now;
        if (_roster is null) Grant();
        if (_roster is { } roster)
        {
            foreach (var worker in roster.Everyone.Where(worker => !Lives(worker.Node)).ToList()) roster.NodeLost(worker);
            Judge();
            TellKeeper();
        }
        if (_roster is { Stage: GroupStage.Training }) AskForMore(_roster);
        _world.After(0.5, () => Node.Do(Tick));
    }

    private void Grant()
    {
        var free = _world.Free([], Avoided());
        if (free.Count < _world.Least || _world.Random.Next(3) == 0) return;
        var workers = free.OrderBy(_ => _world.Random.Next()).Take(_world.Wanted).ToList();
        _startedFrom = _world.Checkpoint;
        Write(Record with { Workers = workers, State = ModelState.Starting });
        _world.Note($"attempt {Record.Attempt} starts from {_startedFrom} with {string.Join(", ", workers)}");
        _roster = new(Record.Attempt, Record.Generation, GroupStage.Gathering, workers, _world.Time);
        _roster.Preparing();
        Prepare(workers, _startedFrom);
    }

    private void AskForMore(GroupRoster roster)
    {
        if (roster.Everyone.Count() >= _world.Wanted || _world.Random.Next(3) > 0) return;
        var free = _world.Free([.. roster.Everyone], Avoided());
        if (free.Count == 0) return;
        var worker = free[_world.Random.Next(free.Count)];
        roster.Join([worker], _world.Time);
        Prepare([worker], null);
    }

    private List<string> Avoided() => [.. _avoided.Where(pair => pair.Value > _world.Now).Select(pair => pair.Key)];

    private void Prepare(IReadOnlyList<WorkerAddress> workers, int? resume)
    {
        var (roster, attempt) = (_roster!, Record.Attempt);
        foreach (var worker in workers)
        {
            var node = _world.NodeOf(worker);
            _world.Call(Node, node, 30, () =>
            {
                node.Run?.Stop();
                node.Run = new(_world, node, attempt, resume, _world.Sessions(attempt));
                return true;
            }, _ => roster.Started(worker, _world.Time), () =>
            {
                if (roster.LastOf(worker) is null) roster.Unreachable(worker, "no answer");
            });
        }
    }

    private void Judge()
    {
        if (_judging || !Decides) return;
        _judging = true;
        while (_roster is { } roster)
        {
            var decision = GroupPolicy.Decide(roster.View(_world.Wanted, _world.Least, _world.Time), s_options);
            if (decision is GroupDecision.Wait) break;
            _world.Note($"{Node.Name} decides in generation {roster.Generation}: {decision.GetType().Name}, {decision.Reason}");
            Act(roster, decision);
            if (Record.State.IsFinal()) break;
        }
        _judging = false;
    }

    private void Act(GroupRoster roster, GroupDecision decision)
    {
        var generation = roster.Generation;
        switch (decision)
        {
            case GroupDecision.Pause:
                roster.Enter(GroupStage.Pausing, _world.Time);
                foreach (var worker in roster.Members) Tell(worker, run => run.Pause(generation));
                break;
            case GroupDecision.Halt:
                roster.Enter(GroupStage.Halting, _world.Time);
                foreach (var worker in roster.Members) Tell(worker, run => run.Halt(generation));
                break;
            case GroupDecision.Open open:
                Open(roster, open);
                break;
            case GroupDecision.Drop drop:
                Depart(roster, drop.Departed);
                break;
            case GroupDecision.Save save:
                Write(Record with { Generation = Record.Generation + 1 });
                Depart(roster, [.. save.Departed.Where(departure => departure.Worker != save.Worker)]);
                roster.Save(save.Worker, _world.Time);
                TellKeeper();
                break;
            case GroupDecision.Requeue:
                // Of two replicas one may have done the step in flight.
                var replicas = _world.Nodes.Where(node => node.IsReachableFrom(Node)).Select(node => node.Run).Where(run => run?.Attempt == Record.Attempt);
                if (replicas.Max(run => run?.Position) - 1 > _world.Checkpoint) _world.Fail($"goes back to the checkpoint of step {_world.Checkpoint}");
                foreach (var worker in roster.Everyone) Dismiss(worker);
                _roster = null;
                Write(Record with { Attempt = Record.Attempt + 1, State = ModelState.Queued });
                break;
            case GroupDecision.Complete:
                Assert.All(roster.Members, worker => Assert.Equal(_world.Steps, roster.LastOf(worker)!.Position!.GlobalStep));
                Write(Record with { State = ModelState.Completed });
                break;
            case GroupDecision.Fail fail:
                Write(Record with { State = ModelState.Failed, Reason = fail.Reason });
                break;
        }
    }

    private void Open(GroupRoster roster, GroupDecision.Open open)
    {
        // A group that goes on loses the step in flight at most: whoever did it is among those it hears of, or was one of those who are lost.
        var from = (int)open.From.GlobalStep;
        if (roster.Stage != GroupStage.Gathering && from < _world.Furthest.GetValueOrDefault(roster.Generation) - 1)
            _world.Fail($"goes back to step {from}");
        Write(Record with { Generation = Record.Generation + 1, Workers = open.Group, State = ModelState.Running });
        _world.Note($"generation {Record.Generation} from {from}: {string.Join(", ", open.Group)}");
        Depart(roster, open.Departed);
        roster.Open(Record.Generation, open, _world.Time);
        foreach (var (rank, worker) in open.Group.Index())
        {
            var order = new GroupOrder("run", Record.Generation, rank, open.Group, open.From, open.Source, 0, 0);
            Order(roster, worker, order, attempts: 3);
        }
    }

    private void Order(GroupRoster roster, WorkerAddress worker, GroupOrder order, int attempts)
    {
        var (node, attempt) = (_world.NodeOf(worker), Record.Attempt);
        _world.Call(Node, node, 5, () =>
        {
            if (node.Run is { } run && run.Attempt == attempt) run.Open(order);
            return node.Run is not null;
        }, there =>
        {
            if (!there) Unreachable();
        }, () =>
        {
            if (attempts > 1 && Lives(worker.Node)) Again();
            else Unreachable();
        });

        void Again()
        {
            if (!IsOver()) Order(roster, worker, order, attempts - 1);
        }

        void Unreachable()
        {
            if (IsOver()) return;
            roster.Unreachable(worker, "no answer");
            Judge();
        }

        bool IsOver() =>
            roster != _roster || roster.Generation != order.Generation || !roster.Counts(worker) || roster.HasNoted(worker, order.Generation);
    }

    private void Depart(GroupRoster roster, IReadOnlyList<Departure> departed)
    {
        foreach (var departure in departed)
        {
            _avoided[departure.Worker.Node] = _world.Now + 300;
            if (departure.Kind is not ("node-lost" or "silent" or "unreachable")) Dismiss(departure.Worker);
        }
        roster.Remove(departed.Select(departure => departure.Worker));
    }

    private void Dismiss(WorkerAddress worker)
    {
        var attempt = Record.Attempt;
        Tell(worker, run =>
        {
            if (run.Attempt <= attempt) run.Stop();
        });
    }

    private void TellKeeper()
    {
        if (_roster is not { Keeper: { } keeper, Saved: false }) return;
        var generation = Record.Generation;
        Tell(keeper, run => run.Save(generation));
    }

    private void Tell(WorkerAddress worker, Action<ModelWorker> order)
    {
        var node = _world.NodeOf(worker);
        _world.Send(Node, node, () =>
        {
            if (node.Run is { } run) order(run);
        });
    }
}
