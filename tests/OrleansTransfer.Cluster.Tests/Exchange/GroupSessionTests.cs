using System.Net.Sockets;
using OrleansTransfer.Cluster.Exchange;
using OrleansTransfer.Cluster.Exchange.Lanes;
using OrleansTransfer.Cluster.Tests.Exchange.Lanes;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Cluster.Tests.Exchange;

public class GroupSessionTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(1, 3)]
    [InlineData(2, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 1)]
    [InlineData(4, 2)]
    public async Task Every_rank_ends_with_the_same_sum(int nodes, int workersPerNode)
    {
        foreach (var length in new[] { 1, 15, 1000, 40_001 })
        {
            var inputs = Inputs(nodes * workersPerNode, length);
            var results = await ReduceAsync(nodes, workersPerNode, inputs);

            var expected = new double[length];
            foreach (var input in inputs)
                for (var i = 0; i < length; i++) expected[i] += input[i];
            foreach (var result in results)
            {
                Assert.Equal(results[0], result);
                for (var i = 0; i < length; i++) Assert.Equal(expected[i], result[i], 1e-4);
            }
        }
    }

    [Fact]
    public async Task The_sum_does_not_depend_on_what_arrives_first()
    {
        var inputs = Inputs(4, 20_000);
        var quiet = await ReduceAsync(4, 1, inputs);
        var random = new Random(7);
        var seed = 0;
        var unsteady = await ReduceAsync(4, 1, inputs, (_, _) => SocketPair.CreateUnsteady(seed += 2));
        Assert.Equal(quiet[0], unsteady[3]);
    }

    [Fact]
    public async Task Several_exchanges_in_a_row_do_not_mix()
    {
        using var group = new TestGroup(nodes: 2, workersPerNode: 2, segmentLength: 64);
        var sums = await group.RunAsync((exchange, rank) =>
        {
            var sum = 0f;
            for (var sequence = 0; sequence < 50; sequence++)
            {
                var values = new float[300];
                Array.Fill(values, rank + sequence);
                exchange.AllReduce(sequence, values, WireFormat.Float32, CancellationToken.None);
                Assert.All(values, value => Assert.Equal(values[0], value));
                sum += values[0];
            }
            return sum;
        });
        Assert.All(sums, sum => Assert.Equal(50 * 6 + 4 * 49 * 50 / 2, sum));
    }

    [Fact]
    public async Task An_abort_ends_every_wait_with_its_reason()
    {
        using var group = new TestGroup(nodes: 2, workersPerNode: 2, segmentLength: 64);
        var waiting = group.RunAsync((exchange, rank) =>
        {
            if (rank == 3) return "absent";
            return Refusal(exchange, 0, 100);
        });
        await Task.Delay(100, TestContext.Current.CancellationToken);
        group.Abort("Node n1 is gone.");
        var messages = await waiting.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(["Node n1 is gone.", "Node n1 is gone.", "Node n1 is gone.", "absent"], messages);
    }

    [Fact]
    public async Task After_an_abort_nobody_writes_into_the_values_of_a_worker_that_was_told()
    {
        const float marked = -1;
        var random = new Random(5);
        for (var round = 0; round < 100; round++)
        {
            using var group = new TestGroup(nodes: 1, workersPerNode: 3, segmentLength: 4096);
            var untouched = group.RunAsync((exchange, _) =>
            {
                var values = new float[100_000];
                try
                {
                    for (var sequence = 0; ; sequence++) exchange.AllReduce(sequence, values, WireFormat.Float32, CancellationToken.None);
                }
                catch (ExchangeAbortedException)
                {
                    Array.Fill(values, marked);
                    return values;
                }
            });
            Thread.SpinWait(random.Next(50_000));
            group.Abort("The test is over.");
            foreach (var values in await untouched.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken))
                Assert.DoesNotContain(values, value => value != marked);
        }
    }

    [Theory]
    [InlineData(100)]
    [InlineData(3_000_000)] // more than the sockets hold: the survivors are in the middle of sending
    public async Task A_node_that_dies_ends_the_exchange_of_the_others(int length)
    {
        using var group = new TestGroup(nodes: 3, workersPerNode: 1, segmentLength: 4096);
        var messages = await group.RunAsync((exchange, rank) =>
        {
            exchange.AllReduce(0, new float[10], WireFormat.Float32, CancellationToken.None);
            if (rank != 1) return Refusal(exchange, 1, length);
            group.Kill(1);
            return "dead";
        }).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        // Whoever notices first tells its own neighbours by ending, too: the first reason of each is a node that broke off.
        Assert.Matches("^Node n[12] broke off the exchange: ", messages[0]);
        Assert.Matches("^Node n[01] broke off the exchange: ", messages[2]);
        Assert.Contains(messages, message => message.StartsWith("Node n1 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Replicas_of_different_size_on_two_nodes_are_told_apart()
    {
        using var group = new TestGroup(nodes: 2, workersPerNode: 1, segmentLength: 64);
        var messages = await group.RunAsync((exchange, rank) => Refusal(exchange, 0, 1000 + 100 * rank))
            .WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Contains(messages, message => message.Contains("the replicas differ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_exchange_out_of_turn_is_noticed()
    {
        using var group = new TestGroup(nodes: 2, workersPerNode: 1, segmentLength: 64);
        var messages = await group.RunAsync((exchange, rank) => Refusal(exchange, rank, 1000))
            .WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Contains(messages, message => message.Contains("the replicas differ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)] // in this node's own region
    [InlineData(516)] // leaves a gap
    [InlineData(1022)] // reaches beyond the end
    [InlineData(long.MaxValue - 2)] // and beyond what can be counted
    public async Task A_result_out_of_place_is_refused_before_it_is_written(long offset)
    {
        var (left, right) = SocketPair.Create();
        var lanes = new LaneSet(0, ["n0", "n1"]);
        Assert.Null(lanes.Attach(1, () => new(left, lanes.Pump)));
        using var session = new GroupSession(new("test", 1), 0, 1, 2, lanes, new());
        using var peer = new Lane(right, new());
        Send(peer, new(SegmentKind.Result, 4, 0, offset));
        var message = await Task.Factory.StartNew(
            () => Refusal(session.For(0), 0, 1024),
            TaskCreationOptions.LongRunning).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.StartsWith("Node n1 broke off the exchange: it sent 4 values at ", message);

        static unsafe void Send(Lane lane, SegmentFrame frame)
        {
            var values = stackalloc float[frame.Length];
            lane.Post(frame, values);
            lane.Flush();
        }
    }

    [Fact]
    public async Task Replicas_of_different_size_are_told_apart()
    {
        using var group = new TestGroup(nodes: 1, workersPerNode: 2, segmentLength: 64);
        var messages = await group.RunAsync((exchange, rank) =>
            Assert.Throws<InvalidOperationException>(
                () => exchange.AllReduce(0, new float[100 + rank], WireFormat.Float32, CancellationToken.None)).Message)
            .WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.All(messages, message => Assert.Contains("100, 101", message));
    }

    private static string Refusal(IGradientExchange exchange, long sequence, int length) => Assert.Throws<ExchangeAbortedException>(
        () => exchange.AllReduce(sequence, new float[length], WireFormat.Float32, CancellationToken.None)).Message;

    private static float[][] Inputs(int count, int length)
    {
        var random = new Random(length);
        return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, length).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray())];
    }

    private static async Task<float[][]> ReduceAsync(
        int nodes, int workersPerNode, float[][] inputs, Func<int, int, (Socket, Socket)>? connect = null)
    {
        using var group = new TestGroup(nodes, workersPerNode, segmentLength: 512, connect);
        return await group.RunAsync((exchange, rank) =>
        {
            var values = inputs[rank].ToArray();
            exchange.AllReduce(0, values, WireFormat.Float32, CancellationToken.None);
            return values;
        });
    }
}
