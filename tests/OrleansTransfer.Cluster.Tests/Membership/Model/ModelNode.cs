using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Tests.Membership.Model;

/// <summary>A process of the model, with one device.</summary>
internal sealed class ModelNode(ModelWorld world, string name)
{
    public string Name => name;

    public WorkerAddress Worker { get; } = new(name, "cpu:0");

    /// <summary>Whether the process runs, or would if it were not frozen.</summary>
    public bool IsAlive { get; private set; } = true;

    /// <summary>Whether the cluster has not declared it dead.</summary>
    public bool IsMember { get; set; } = true;

    public double FrozenUntil { get; set; }

    /// <summary>On which side of a cut network it is.</summary>
    public int Side { get; set; }

    public bool Leaving { get; private set; }

    /// <summary>Whether a message from another would be taken now.</summary>
    public bool IsReachableFrom(ModelNode other) => IsAlive && IsMember && FrozenUntil <= world.Now && Side == other.Side;

    /// <summary>What computes on its device.</summary>
    public ModelWorker? Run { get; set; }

    /// <summary>Does something there: later if it is frozen, never if it is dead.</summary>
    public void Do(Action action)
    {
        if (!IsAlive) return;
        if (FrozenUntil > world.Now) world.After(FrozenUntil - world.Now, () => Do(action));
        else action();
    }

    public void Leave()
    {
        Leaving = true;
        Do(() => Run?.Leave());
    }

    public void End()
    {
        if (!IsAlive) return;
        IsAlive = false;
        Run?.Die();
    }
}
