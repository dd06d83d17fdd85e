using OrleansTransfer.Cluster.Tests.Membership.Model;

namespace OrleansTransfer.Cluster.Tests.Membership;

/// <summary>
/// The roster, the decisions and the workers' orders, all real, in a made-up cluster of which each seed makes another history: nodes that die,
/// freeze, are cut off, leave and come at any moment, and messages that come late or never. The run must complete once peace returns, must never
/// add gradients of different steps, and must not go back by more than the step in flight while anyone is left who holds its state.
/// </summary>
public sealed class GroupModelTests
{
    private const int Block = 200;

    // Seconds of the made-up time.
    private const double Troubles = 40, Peace = 50, Patience = 400;

    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_run_survives_any_history(int block)
    {
        for (var seed = block * Block; seed < (block + 1) * Block; seed++) Live(seed);
    }

    public static TheoryData<int> Blocks => [.. Enumerable.Range(0, 10)];

    private static void Live(int seed)
    {
        var world = new ModelWorld(seed);
        for (var node = 0; node < world.Wanted + world.Random.Next(3); node++) world.AddNode();
        world.Rescue();
        for (var trouble = world.Random.Next(8); trouble > 0; trouble--) world.After(world.Between(0, Troubles), () => Trouble(world));

        // Then there is peace, and a cluster that is large enough.
        world.After(Peace, () =>
        {
            for (var node = 0; node < world.Wanted; node++) world.AddNode();
            world.Rescue();
        });
        if (!world.RunUntil(Peace + Patience)) world.Fail("does not come to an end");
        if (world.Record.State != ModelState.Completed) world.Fail($"fails: {world.Record.Reason}");
    }

    private static void Trouble(ModelWorld world)
    {
        var live = world.Nodes.Where(node => node is { IsAlive: true, IsMember: true }).ToList();
        if (live.Count == 0) return;
        var node = live[world.Random.Next(live.Count)];
        switch (world.Random.Next(6))
        {
            case 0 or 1:
                world.Crash(node);
                break;
            // Silence adds up where a node freezes and is cut off at once: then nobody can tell in time who lives.
            case 2 when live.All(one => one.Side == 0):
                world.Freeze(node, world.Between(0.5, 15));
                break;
            case 3:
                world.Leave(node);
                break;
            case 4 when live.All(one => one.Side == 0 && one.FrozenUntil <= world.Now):
                world.Cut([.. live.Where(_ => world.Random.Next(2) == 0)]);
                break;
            default:
                world.AddNode();
                break;
        }
    }
}
