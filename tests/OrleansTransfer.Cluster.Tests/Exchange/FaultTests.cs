using OrleansTransfer.Cluster.Exchange.Lanes;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Cluster.Tests.Exchange;

/// <summary>
/// Whatever goes wrong on the wire, no rank returns with a wrong sum: each exchange of each rank either completes with exactly the right one, or
/// throws that it was aborted.
/// </summary>
public class FaultTests
{
    private const int Nodes = 3, Exchanges = 3, SegmentLength = 64;

    [Fact]
    public async Task A_node_that_dies_before_it_sends()
    {
        var completed = await RunAsync(From(1, (_, _) => Fault.Die));
        Assert.All(completed, count => Assert.Equal(0, count));
    }

    [Fact]
    public async Task A_node_that_dies_in_the_middle_of_a_segment()
    {
        var completed = await RunAsync(From(1, (_, index) => index == 1 ? Fault.DieWithin : Fault.None));
        Assert.All(completed, count => Assert.Equal(0, count));
    }

    [Fact]
    public async Task A_node_that_dies_when_some_results_are_out()
    {
        // Node 2 never gets the sums of node 1. The others may have all they need, or hear of the end first.
        var completed = await RunAsync((from, to) => (from, to) == (1, 2)
            ? (frame, _) => frame.Kind == SegmentKind.Result ? Fault.Die : Fault.None
            : Healthy);
        Assert.InRange(completed[0], 0, 1);
        Assert.InRange(completed[1], 0, 1);
        Assert.Equal(0, completed[2]);
    }

    [Fact]
    public async Task A_node_that_dies_between_two_exchanges()
    {
        var completed = await RunAsync(From(1, (frame, _) => frame.Sequence == 1 ? Fault.Die : Fault.None));
        Assert.All(completed, count => Assert.InRange(count, 0, 1));
    }

    [Theory]
    [InlineData(Fault.Delay)]
    [InlineData(Fault.Slow)]
    public async Task Time_changes_nothing(Fault fault)
    {
        var completed = await RunAsync(From(1, (_, index) => index % 3 == 0 ? fault : Fault.None));
        Assert.All(completed, count => Assert.Equal(Exchanges, count));
    }

    [Theory]
    [InlineData(SegmentKind.Contribution)]
    [InlineData(SegmentKind.Result)]
    public async Task A_segment_that_comes_twice_is_noticed(SegmentKind kind)
    {
        var completed = await RunAsync(From(1, (frame, _) => frame.Kind == kind && frame.Sequence == 0 ? Fault.Duplicate : Fault.None));
        Assert.All(completed, count => Assert.InRange(count, 0, 1));
    }

    [Fact]
    public async Task Segments_out_of_order_are_noticed()
    {
        // All contributions of a region are on their way before any of its results are: the first has a follower of its own kind.
        var completed = await RunAsync(From(1, (_, index) => index == 0 ? Fault.Reorder : Fault.None));
        Assert.All(completed, count => Assert.Equal(0, count));
    }

    [Fact]
    public async Task A_frame_that_announces_too_much_is_refused()
    {
        var completed = await RunAsync(From(1, (_, index) => index == 0 ? Fault.Oversize : Fault.None));
        Assert.All(completed, count => Assert.Equal(0, count));
    }

    [Fact]
    public async Task Random_faults()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var faults = Enum.GetValues<Fault>();
            // One to three faults in all, each somewhere among the segments of one direction.
            var planned = Enumerable.Range(0, random.Next(1, 4)).Select(_ => (
                From: random.Next(Nodes), To: random.Next(Nodes), Index: random.Next(40), Fault: faults[random.Next(faults.Length)])).ToList();
            await RunAsync(
                (from, to) => (_, index) => planned.FirstOrDefault(plan => (plan.From, plan.To, plan.Index) == (from, to, index)).Fault,
                workersPerNode: 1 + seed % 2,
                wire: seed / 2 % 2 == 0 ? WireFormat.Float32 : WireFormat.BFloat16,
                note: $"seed {seed}");
        }
    }

    private static FaultyWire.Schedule Healthy => (_, _) => Fault.None;

    private static Func<int, int, FaultyWire.Schedule> From(int node, FaultyWire.Schedule schedule) => (from, _) => from == node ? schedule : Healthy;

    // How many exchanges each rank completed; that each was right is asserted here.
    private static async Task<int[]> RunAsync(
        Func<int, int, FaultyWire.Schedule> schedule, int workersPerNode = 1, WireFormat wire = WireFormat.Float32, string note = "")
    {
        const int length = 1000;
        using var group = new TestGroup(
            Nodes, workersPerNode, SegmentLength, (one, other) => FaultyWire.Create(schedule(one, other), schedule(other, one)));
        return await group.RunAsync((exchange, rank) =>
        {
            for (var sequence = 0; sequence < Exchanges; sequence++)
            {
                // Small whole numbers: their sums are exact in either format, in any order, and differ from place to place.
                var values = new float[length];
                for (var i = 0; i < length; i++) values[i] = Value(rank, sequence, i);
                try
                {
                    exchange.AllReduce(sequence, values, wire, CancellationToken.None);
                }
                catch (ExchangeAbortedException)
                {
                    return sequence;
                }
                for (var i = 0; i < length; i++)
                {
                    var expected = Enumerable.Range(0, exchange.WorldSize).Sum(other => Value(other, sequence, i));
                    if (values[i] != expected) Assert.Fail($"{note} rank {rank} exchange {sequence}: {values[i]} and not {expected} at {i}");
                }
            }
            return Exchanges;
        }).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    private static int Value(int rank, int sequence, int i) => (i * 7 + rank * 5 + sequence * 3) % 31;
}
