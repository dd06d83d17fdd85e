using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Tests.Membership.Model;

/// <summary>
/// A cluster in one thread and in made-up time: nodes that die, freeze, are cut off, leave and come, and a network that delays and loses messages,
/// all drawn from a seed. What one run needs of a cluster is here: who is a member, who coordinates, which devices are free, the stored record and
/// the newest checkpoint.
/// </summary>
internal sealed class ModelWorld
{
    // As the cluster's own profile has them.
    private const double CrashIsKnown = 1.5, SilenceIsKnown = 6.5;

    private readonly PriorityQueue<Action, (double, long)> _events = new();
    private readonly List<ModelNode> _nodes = [];
    private readonly List<string> _journal = [];
    private readonly Dictionary<int, Dictionary<int, ModelSession>> _sessions = [];
    private readonly double _lossShare;
    private long _scheduled;

    public ModelWorld(int seed)
    {
        Note($"seed {seed}");
        Random = new(seed);
        Wanted = Random.Next(1, 5);
        Least = Random.Next(1, Wanted + 1);
        _lossShare = Random.Next(3) == 0 ? 0.03 : 0;
    }

    public Random Random { get; }

    /// <summary>Workers that the run wants.</summary>
    public int Wanted { get; }

    /// <summary>Workers without which it waits.</summary>
    public int Least { get; }

    /// <summary>Steps of the run.</summary>
    public int Steps => 400;

    /// <summary>Steps between two checkpoints.</summary>
    public int Epoch => 25;

    /// <summary>Seconds since the beginning.</summary>
    public double Now { get; private set; }

    /// <summary>The same as a time.</summary>
    public DateTimeOffset Time => DateTimeOffset.UnixEpoch.AddSeconds(Now);

    /// <summary>What the container holds of the run.</summary>
    public ModelRecord Record { get; set; } = new(Attempt: 1, Generation: 0, [], ModelState.Queued, Owner: null);

    /// <summary>Step of the newest checkpoint.</summary>
    public int Checkpoint { get; set; }

    /// <summary>Furthest step that any worker has done, by generation.</summary>
    public Dictionary<int, int> Furthest { get; } = [];

    /// <summary>Exchanges of an attempt by generation.</summary>
    public Dictionary<int, ModelSession> Sessions(int attempt)
    {
        if (!_sessions.TryGetValue(attempt, out var sessions)) _sessions[attempt] = sessions = [];
        return sessions;
    }

    /// <summary>All nodes that ever were.</summary>
    public IReadOnlyList<ModelNode> Nodes => _nodes;

    /// <summary>Who decides about the run at present; null between two.</summary>
    public ModelCoordinator? Coordinator { get; private set; }

    /// <summary>Ends the test, with what happened.</summary>
    public void Fail(string what) => Assert.Fail($"It {what}.\n{string.Join('\n', _journal.TakeLast(400))}");

    public void Note(string what) => _journal.Add($"{Now,8:0.000} {what}");

    /// <summary>A time between two, drawn anew.</summary>
    public double Between(double least, double most) => least + Random.NextDouble() * (most - least);

    public void After(double delay, Action action) => _events.Enqueue(action, (Now + delay, _scheduled++));

    /// <summary>Goes on until the run has ended, or the time comes.</summary>
    public bool RunUntil(double time)
    {
        while (!Record.State.IsFinal() && _events.TryDequeue(out var action, out var when))
        {
            if (when.Item1 > time)
            {
                _events.Enqueue(action, when);
                Now = time;
                return false;
            }
            Now = when.Item1;
            action();
        }
        return Record.State.IsFinal();
    }

    /// <summary>Asks another node, and gets an answer or, when the time is up, none; a message or an answer may be lost.</summary>
    public void Call<T>(ModelNode from, ModelNode to, double deadline, Func<T> ask, Action<T> answered, Action failed)
    {
        var over = false;
        After(deadline, () => from.Do(() =>
        {
            if (over) return;
            over = true;
            failed();
        }));
        Send(from, to, () =>
        {
            var answer = ask();
            Send(to, from, () =>
            {
                if (over) return;
                over = true;
                answered(answer);
            });
        });
    }

    /// <summary>Sends a message that may be lost.</summary>
    public void Send(ModelNode from, ModelNode to, Action action)
    {
        if (from != to && Random.NextDouble() < _lossShare) return;
        After(from == to ? 0.0001 : Between(0.0005, 0.05), () =>
        {
            if (from.Side == to.Side) to.Do(action);
        });
    }

    public ModelNode AddNode()
    {
        var node = new ModelNode(this, $"n{_nodes.Count + 1}");
        _nodes.Add(node);
        Note($"{node.Name} comes");
        return node;
    }

    public void Crash(ModelNode node)
    {
        if (!node.IsAlive) return;
        Note($"{node.Name} dies");
        node.End();
        After(CrashIsKnown + Between(-0.5, 0.5), () => Declare(node));
    }

    public void Freeze(ModelNode node, double seconds)
    {
        if (!node.IsAlive) return;
        Note($"{node.Name} freezes for {seconds:0.0} s");
        node.FrozenUntil = Math.Max(node.FrozenUntil, Now + seconds);
        After(SilenceIsKnown, () =>
        {
            if (node.FrozenUntil > Now) Declare(node);
        });
    }

    /// <summary>Tells a node to stop: it hands over, and is gone after five seconds at the latest.</summary>
    public void Leave(ModelNode node)
    {
        if (!node.IsAlive) return;
        Note($"{node.Name} leaves");
        node.Leave();
        After(5, () => Crash(node));
    }

    /// <summary>Cuts the network between two sides; after a while one side is declared dead, the one that has fewer nodes.</summary>
    public void Cut(IReadOnlyList<ModelNode> side)
    {
        Note($"{string.Join(", ", side.Select(node => node.Name))} are cut off");
        foreach (var node in side) node.Side = 1;
        After(SilenceIsKnown + Between(-1, 1), () =>
        {
            var live = _nodes.Where(node => node.IsMember).ToList();
            var more = live.Count(node => node.Side == 0).CompareTo(live.Count(node => node.Side == 1));
            var dead = more == 0 ? Random.Next(2) : more > 0 ? 1 : 0;
            foreach (var node in live.Where(node => node.Side == dead)) Declare(node);
            foreach (var node in _nodes) node.Side = 0;
        });
    }

    /// <summary>Answers a worker's report, from wherever the run is coordinated.</summary>
    public void Report(ModelNode from, WorkerReport report, Action<WorkerDirective> answered, Action failed)
    {
        if (Reach(from) is { } coordinator) Call(from, coordinator.Node, 1, () => coordinator.Report(report), answered, failed);
        else After(1, () => from.Do(failed));
    }

    /// <summary>Stores a checkpoint if the coordinator counts on the worker.</summary>
    public void Commit(ModelNode from, WorkerAddress worker, int step, int? save, Action<bool> answered, Action failed)
    {
        if (Reach(from) is { } coordinator) Call(from, coordinator.Node, 5, () => coordinator.Commit(worker, step, save), answered, failed);
        else After(1, () => from.Do(failed));
    }

    /// <summary>Grants devices that nobody uses.</summary>
    public IReadOnlyList<WorkerAddress> Free(IReadOnlyCollection<WorkerAddress> taken, IReadOnlyCollection<string> avoided) =>
        [.. _nodes.Where(node => node is { IsMember: true, Leaving: false } && !taken.Contains(node.Worker) && !avoided.Contains(node.Name))
            .Select(node => node.Worker)];

    public ModelNode NodeOf(WorkerAddress worker) => _nodes.First(node => node.Name == worker.Node);

    // As a grain: the activation that is there, or a new one on a member of the cluster as this node sees it.
    private ModelCoordinator? Reach(ModelNode from)
    {
        if (Coordinator is { Node.IsMember: true }) return Coordinator;
        var members = _nodes.Where(node => node.IsMember && node.Side == from.Side).ToList();
        var node = members[Random.Next(members.Count)];
        if (!node.IsAlive || node.FrozenUntil > Now) return null;
        Note($"{node.Name} coordinates");
        return Coordinator = new(this, node);
    }

    /// <summary>Wakes the run, as soon as there is someone who can.</summary>
    public void Rescue()
    {
        var awake = _nodes.FirstOrDefault(node => node is { IsMember: true, IsAlive: true } && node.FrozenUntil <= Now);
        if (awake is null || Reach(awake) is null) After(1, Rescue);
    }

    private void Declare(ModelNode node)
    {
        if (!node.IsMember) return;
        Note($"{node.Name} is declared dead");
        node.IsMember = false;
        node.End();
        After(2, Rescue);
    }
}
