using OrleansTransfer.Cluster.Scheduling;
using OrleansTransfer.Contracts.Scheduling;

namespace OrleansTransfer.Cluster.Tests.Scheduling;

public class GangAllocatorTests
{
    [Fact]
    public void A_gang_goes_to_the_smallest_node_that_holds_it() =>
        Assert.Equal(["b/cpu:0", "b/cpu:1"], Allocate(2, "auto", Node("a", 4), Node("b", 2), Node("c", 1)));

    [Fact]
    public void A_larger_gang_takes_the_largest_nodes_first_and_keeps_a_nodes_devices_together() =>
        Assert.Equal(["b/cpu:0", "b/cpu:1", "b/cpu:2", "a/cpu:0"], Allocate(4, "auto", Node("a", 2), Node("b", 3)));

    [Fact]
    public void Cuda_is_preferred_and_kinds_are_never_mixed() =>
        Assert.Equal(["g/cuda:0"], Allocate(1, "auto", Node("a", 4), Node("g", 1, "cuda")));

    [Fact]
    public void A_gang_that_only_fits_one_kind_gets_that_kind() =>
        Assert.Equal(["a/cpu:0", "a/cpu:1"], Allocate(2, "auto", Node("a", 2), Node("g", 1, "cuda")));

    [Fact]
    public void All_or_nothing_and_the_reason_names_the_holders()
    {
        var node = Node("a", 3);
        node = node with { Devices = [node.Devices[0] with { Experiment = "leaf-1" }, .. node.Devices.Skip(1)] };
        var (workers, reason) = GangAllocator.Allocate(new(3, 3, "auto", []), [node]);
        Assert.Null(workers);
        Assert.Equal("needs 3 devices at once, 2 of 3 are free; the others belong to leaf-1", reason);
    }

    [Fact]
    public void A_cluster_that_is_too_small_is_said_to_be()
    {
        var (workers, reason) = GangAllocator.Allocate(new(3, 3, "cpu", []), [Node("a", 2)]);
        Assert.Null(workers);
        Assert.Equal("needs 3 cpu devices at once, the cluster has 2", reason);
    }

    [Fact]
    public void Fewer_devices_than_wanted_are_given_only_where_the_cluster_has_no_more()
    {
        Assert.Equal(["a/cpu:0", "a/cpu:1"], GangAllocator.Allocate(new(3, 1, "cpu", []), [Node("a", 2)]).Workers!.Select(worker => worker.ToString()));

        var busy = Node("b", 1);
        busy = busy with { Devices = [busy.Devices[0] with { Experiment = "leaf-1" }] };
        var (workers, reason) = GangAllocator.Allocate(new(3, 1, "cpu", []), [Node("a", 2), busy]);
        Assert.Null(workers);
        Assert.Contains("leaf-1", reason);
    }

    [Fact]
    public void Fewer_than_the_least_are_never_given()
    {
        var (workers, reason) = GangAllocator.Allocate(new(3, 2, "cpu", []), [Node("a", 1)]);
        Assert.Null(workers);
        Assert.Equal("needs 2 to 3 cpu devices at once, the cluster has 1", reason);
    }

    [Fact]
    public void A_node_that_is_avoided_is_as_good_as_absent()
    {
        Assert.Null(GangAllocator.Allocate(new(1, 1, "cpu", ["a"]), [Node("a", 2)]).Workers);
        Assert.Null(GangAllocator.Allocate(new(1, 1, "cpu", ["S1"]), [Node("a", 2) with { Incarnation = "S1" }]).Workers);
        Assert.NotNull(GangAllocator.Allocate(new(1, 1, "cpu", ["S1"]), [Node("a", 2) with { Incarnation = "S2" }]).Workers);
    }

    [Fact]
    public void A_run_is_extended_by_as_many_devices_as_there_are()
    {
        Assert.Equal(["a/cpu:0"], GangAllocator.Extend("leaf-1", new(2, 1, "cpu", []), [Node("a", 1)]).Select(worker => worker.ToString()));
        Assert.Equal(2, GangAllocator.Extend("leaf-1", new(2, 1, "cpu", []), [Node("a", 1), Node("b", 3)]).Count);
        Assert.Empty(GangAllocator.Extend("leaf-1", new(2, 1, "cuda", []), [Node("a", 1)]));
    }

    [Fact]
    public void A_gang_is_of_one_version_and_a_run_is_extended_by_its_own()
    {
        var (old, later) = (Node("a", 1), Node("b", 2) with { Version = "2" });
        Assert.Equal(["b/cpu:0", "b/cpu:1"], Allocate(2, "cpu", old, later));
        Assert.Equal(["b/cpu:0"], Allocate(1, "cpu", old with { Devices = [old.Devices[0] with { Experiment = "leaf-2" }] }, later));

        var (workers, reason) = GangAllocator.Allocate(new(3, 3, "cpu", []), [old, later]);
        Assert.Null(workers);
        Assert.StartsWith("needs 3 cpu devices at once, the cluster has 2; counted are the nodes of version 2", reason, StringComparison.Ordinal);

        var running = old with { Devices = [old.Devices[0] with { Experiment = "leaf-1" }] };
        Assert.Empty(GangAllocator.Extend("leaf-1", new(1, 1, "cpu", []), [running, later]));
        Assert.Equal(
            ["c/cpu:0"], GangAllocator.Extend("leaf-1", new(1, 1, "cpu", []), [running, later, Node("c", 1)]).Select(worker => worker.ToString()));
    }

    private static IEnumerable<string>? Allocate(int workers, string device, params NodeStatus[] nodes) =>
        GangAllocator.Allocate(new(workers, workers, device, []), nodes).Workers?.Select(worker => worker.ToString());

    private static NodeStatus Node(string name, int devices, string kind = "cpu") =>
        new(name, "127.0.0.1:1", "http://127.0.0.1:2", [.. Enumerable.Range(0, devices).Select(i => new DeviceStatus($"{kind}:{i}", null))], "machine", "1", "");
}
