using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Tests.Membership.Model;

/// <summary>
/// The exchange of one generation. A step is done by whoever gets all results: when a member is lost in the middle, some do and others do not.
/// </summary>
internal sealed class ModelSession(ModelWorld world, int generation, IReadOnlyList<WorkerAddress> group)
{
    private const double JoinDeadline = 10;

    private readonly Dictionary<WorkerAddress, ModelWorker> _members = [];
    private readonly Dictionary<WorkerAddress, (int Position, bool Pause)> _arrived = [];

    public int Generation => generation;

    /// <summary>Comes in. Lanes to members that do not come are given up after a while.</summary>
    public void Join(ModelWorker worker)
    {
        _members[worker.Address] = worker;
        world.After(JoinDeadline, () => worker.Node.Do(() =>
        {
            if (group.FirstOrDefault(member => !_members.ContainsKey(member)) is { } absent && IsIn(worker))
                Break(worker, $"{absent} did not come.", absent.Node);
        }));
    }

    public bool IsIn(ModelWorker worker) => _members.GetValueOrDefault(worker.Address) == worker && worker.Session == this;

    /// <summary>Whether a member has its replica and can hand it on.</summary>
    public bool CanHandOver(WorkerAddress source, int position) =>
        _members.TryGetValue(source, out var worker) && worker.Session == this && worker.Node.IsAlive && worker.Node.FrozenUntil <= world.Now
        && worker.Position == position;

    /// <summary>Brings a member's gradients.</summary>
    public void Arrive(ModelWorker worker, int position, bool pause)
    {
        _arrived[worker.Address] = (position, pause);
        if (_arrived.Count < group.Count) return;

        // Gradients of different steps must never be added.
        if (_arrived.Values.Select(one => one.Position).Distinct().Count() > 1) world.Fail($"generation {generation} adds different steps");
        var rest = _arrived.Values.Any(one => one.Pause);
        _arrived.Clear();
        var gone = group.Any(member => !_members[member].Node.IsAlive);
        foreach (var member in group.Select(one => _members[one]))
        {
            // What a member sent before it died may reach some and not others.
            if (gone && world.Random.Next(2) == 0) continue;
            world.After(world.Between(0.001, 0.05), () => member.Node.Do(() =>
            {
                if (IsIn(member)) member.StepDone(rest);
            }));
        }
    }

    /// <summary>Takes in that a member's process is gone, or that it gave up: the others see its connections close.</summary>
    public void Left(ModelWorker worker, string reason)
    {
        foreach (var other in _members.Values.Where(other => other != worker).ToList())
        {
            world.After(world.Between(0.005, 0.2), () =>
            {
                if (other.Node.Side == worker.Node.Side)
                    other.Node.Do(() => Break(other, reason, worker.Node.Name));
            });
        }
    }

    private void Break(ModelWorker worker, string reason, string blamed)
    {
        if (IsIn(worker)) worker.Broken(reason, blamed);
    }
}
