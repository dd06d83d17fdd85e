using OrleansTransfer.Cluster.Workers;
using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Tests.Membership.Model;

/// <summary>
/// A worker in one attempt of the run: its orders are the real ones, its thread and its reports are as in <see cref="WorkerRun"/> and
/// <see cref="ReportChannel"/>.
/// </summary>
internal sealed class ModelWorker
{
    private readonly ModelWorld _world;
    private readonly WorkerOrders _orders = new();
    private readonly int _attempt;
    private readonly Dictionary<int, ModelSession> _sessions;
    private WorkerPhase _phase = WorkerPhase.Loading;
    private (string? Reason, string? Blames) _said;
    private bool _opens, _saves, _busy, _ended, _sending, _more;
    private int _rank, _saved;
    private long _number;

    public ModelWorker(ModelWorld world, ModelNode node, int attempt, int? resume, Dictionary<int, ModelSession> sessions)
    {
        (_world, Node, _attempt, _sessions) = (world, node, attempt, sessions);
        Report();
        Later(world.Between(0.3, 3), () =>
        {
            (_phase, Position) = (WorkerPhase.Ready, resume);
            Report();
            Next();
        });
    }

    public ModelNode Node { get; }

    public WorkerAddress Address => Node.Worker;

    public int Attempt => _attempt;

    /// <summary>Steps that its replica has done; null while it holds no state of the run.</summary>
    public int? Position { get; private set; }

    /// <summary>The exchange that it is in.</summary>
    public ModelSession? Session { get; private set; }

    public void Open(GroupOrder order)
    {
        if (!_orders.Post(order)) return;
        (_phase, _said, _opens) = (WorkerPhase.Training, (null, null), true);
        Report();
        Next();
    }

    public void Pause(int generation) => _orders.Pause(generation);

    public void Halt(int generation)
    {
        if (_orders.Halt(generation)) (_phase, _opens) = (WorkerPhase.Halted, false);
        if (Session is { } session && session.Generation <= generation) GiveUp(session, "The generation is over.", null);
        Report();
    }

    public void Save(int generation)
    {
        if (generation <= _saved) return;
        (_saved, _saves) = (generation, true);
        _orders.Save(generation);
        Next();
    }

    public void Leave() => Report();

    public void Stop()
    {
        if (_ended) return;
        _ended = true;
        if (Session is { } session) GiveUp(session, "It was told to stop.", null);
        _phase = WorkerPhase.Stopped;
        Report();
        if (Node.Run == this) Node.Run = null;
    }

    /// <summary>Ends with its process.</summary>
    public void Die()
    {
        _ended = true;
        var session = Session;
        Session = null;
        session?.Left(this, "Connection reset.");
    }

    /// <summary>Has all results of a step.</summary>
    public void StepDone(bool rest)
    {
        var session = Session!;
        var done = Position!.Value + 1;
        Position = done;
        _world.Furthest[session.Generation] = Math.Max(done, _world.Furthest.GetValueOrDefault(session.Generation));
        if (done == _world.Steps)
        {
            // Rank 0 stores the bundle first.
            Later(_rank == 0 ? _world.Between(0.2, 1) : 0, () =>
            {
                if (Session == session) Rest(WorkerPhase.Finished, null, null);
            });
        }
        else if (rest) Rest(WorkerPhase.Halted, null, null);
        else
        {
            if (_rank == 0 && done % _world.Epoch == 0) Commit(done, null, () => { });
            Compute(session);
        }
    }

    /// <summary>Takes in that the exchange broke.</summary>
    public void Broken(string reason, string? blamed) => GiveUp(Session!, reason, blamed);

    private void Next()
    {
        if (_ended || _busy || Session is not null || _phase == WorkerPhase.Loading || !(_opens || _saves)) return;
        var (open, save) = _orders.Take(CancellationToken.None);
        if (open is not null)
        {
            _opens = false;
            Train(open);
            return;
        }
        (_saves, _busy) = (false, true);
        Commit(Position!.Value, save, () =>
        {
            _busy = false;
            Next();
        });
    }

    private void Train(GroupOrder order)
    {
        if (_orders.IsHalted(order.Generation))
        {
            Rest(WorkerPhase.Halted, "The generation was given up.", null);
            return;
        }
        if (!_sessions.TryGetValue(order.Generation, out var session))
            _sessions[order.Generation] = session = new(_world, order.Generation, order.Group);
        (Session, _rank) = (session, order.Rank);
        session.Join(this);
        Take(order, session, _world.Now + 10);
    }

    private void Take(GroupOrder order, ModelSession session, double deadline)
    {
        var from = (int)order.From.GlobalStep;
        if (Position == from)
        {
            Compute(session);
            return;
        }
        if (order.Source is null || order.Source == Address) _world.Fail($"{Address} is to start from {order.From} and stands at {Position}");
        Later(_world.Between(0.1, 1), () =>
        {
            if (Session != session) return;
            var source = _world.NodeOf(order.Source!);
            if (source.Side == Node.Side && session.CanHandOver(order.Source!, from)) Position = from;
            else if (!source.IsAlive || _world.Now > deadline)
            {
                GiveUp(session, "The replica did not come.", source.Name);
                return;
            }
            Take(order, session, deadline);
        });
    }

    private void Compute(ModelSession session) => Later(_world.Between(0.02, 0.2), () =>
    {
        if (Session == session) session.Arrive(this, Position!.Value, _orders.IsToPause(session.Generation));
    });

    private void GiveUp(ModelSession session, string reason, string? blamed)
    {
        Rest(WorkerPhase.Halted, reason, blamed);
        session.Left(this, reason);
    }

    private void Rest(WorkerPhase phase, string? reason, string? blames)
    {
        Session = null;
        if (_ended) return;
        (_phase, _said) = (phase, (reason, blames));
        Report();
        Later(0.0001, Next);
    }

    private void Commit(int step, int? save, Action done)
    {
        _world.Commit(Node, Address, step, save, counts =>
        {
            if (!counts) Stop();
            done();
        }, () => Commit(step, save, done));
    }

    private void Later(double delay, Action action) => _world.After(delay, () => Node.Do(() =>
    {
        if (!_ended) action();
    }));

    // One at a time, each until it is answered, and one at least twice a second.
    private void Report()
    {
        if (_sending)
        {
            _more = true;
            return;
        }
        _sending = true;
        Deliver(new()
        {
            Worker = Address,
            Silo = Node.Name,
            Attempt = _attempt,
            Number = ++_number,
            Phase = _phase,
            Generation = _orders.Noted,
            Position = Position is { } at ? ModelCoordinator.At(at) : null,
            Reason = _said.Reason,
            Blames = _said.Blames,
            Leaving = Node.Leaving,
        });
    }

    private void Deliver(WorkerReport report) => _world.Report(
        Node,
        report,
        directive =>
        {
            _sending = false;
            Obey(directive, report);
            if (_ended && report.Phase == WorkerPhase.Stopped) return;
            if (_more)
            {
                _more = false;
                Report();
            }
            else
            {
                var number = _number;
                _world.After(0.5, () => Node.Do(() =>
                {
                    if (!_ended && _number == number) Report();
                }));
            }
        },
        () => _world.After(0.2, () => Node.Do(() => Deliver(report))));

    private void Obey(WorkerDirective directive, WorkerReport report)
    {
        switch (directive)
        {
            case WorkerDirective.Pause:
                Pause(report.Generation);
                break;
            case WorkerDirective.Halt when !_orders.IsHalted(report.Generation):
                Halt(report.Generation);
                break;
            case WorkerDirective.Stop:
                Stop();
                break;
        }
    }
}
