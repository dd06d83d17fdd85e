using System.Net.Sockets;
using OrleansTransfer.Cluster.Exchange;
using OrleansTransfer.Cluster.Tests.Exchange.Lanes;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Cluster.Tests.Exchange;

/// <summary>Exchanges whose values travel as bfloat16.</summary>
public class BFloat16ExchangeTests
{
    [Theory]
    [InlineData(2, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 1)]
    [InlineData(4, 2)]
    public async Task Every_rank_ends_with_the_rounded_sum_of_rounded_contributions(int nodes, int workersPerNode)
    {
        foreach (var length in new[] { 1, 15, 1000, 40_001 })
        {
            var inputs = Inputs(nodes * workersPerNode, length);
            foreach (var result in await ReduceAsync(nodes, workersPerNode, inputs)) Assert.Equal(Expected(nodes, inputs), result);
        }
    }

    [Fact]
    public async Task Within_one_node_nothing_is_rounded()
    {
        float[][] inputs = [[1.001f], [2.0001f]];
        var result = Assert.Single((await ReduceAsync(1, 2, inputs))[1]);
        Assert.Equal(1.001f + 2.0001f, result);
    }

    [Fact]
    public async Task The_sum_does_not_depend_on_what_arrives_first()
    {
        var inputs = Inputs(4, 20_000);
        var seed = 0;
        var results = await ReduceAsync(4, 1, inputs, (_, _) => SocketPair.CreateUnsteady(seed += 2));
        Assert.All(results, result => Assert.Equal(Expected(4, inputs), result));
    }

    [Fact]
    public async Task Buckets_change_nothing_but_the_messages()
    {
        var inputs = Inputs(3, 10_000);
        using var group = new TestGroup(nodes: 3, workersPerNode: 1, segmentLength: 512);
        var bucketed = await group.RunAsync((exchange, rank) =>
        {
            var values = inputs[rank].ToArray();
            for (var (start, sequence) = (0, 0); start < values.Length; start += 999, sequence++)
                exchange.AllReduce(
                    sequence, values.AsSpan(start, Math.Min(999, values.Length - start)), WireFormat.BFloat16, CancellationToken.None);
            return values;
        });
        foreach (var result in bucketed) Assert.Equal(Expected(3, inputs), result);
    }

    [Fact]
    public async Task Infinities_and_NaNs_arrive_everywhere()
    {
        float[] special = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, -0f, float.Epsilon];
        float[][] inputs = [Enumerable.Repeat(special, 10).SelectMany(values => values).ToArray(), new float[60]];
        foreach (var result in await ReduceAsync(2, 1, inputs))
        {
            for (var i = 0; i < result.Length; i++)
                Assert.Equal((i % 6) switch { 0 => float.NaN, 1 or 3 => float.PositiveInfinity, 2 => float.NegativeInfinity, _ => 0 }, result[i]);
        }
    }

    [Fact]
    public async Task Nodes_of_different_formats_are_told_apart()
    {
        using var group = new TestGroup(nodes: 2, workersPerNode: 1, segmentLength: 64);
        var messages = await group.RunAsync((exchange, rank) => Assert.Throws<ExchangeAbortedException>(() => exchange.AllReduce(
                0, new float[1000], rank == 0 ? WireFormat.Float32 : WireFormat.BFloat16, CancellationToken.None)).Message)
            .WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Contains(messages, message => message.Contains("it sends values as ", StringComparison.Ordinal)
            && message.Contains("their recipes differ", StringComparison.Ordinal));
    }

    // Workers of a node are added as float32 first.
    private static float[] Expected(int nodes, float[][] inputs)
    {
        var sum = new float[inputs[0].Length];
        foreach (var workers in inputs.Chunk(inputs.Length / nodes))
        {
            var node = workers[0].ToArray();
            foreach (var worker in workers.Skip(1))
                for (var i = 0; i < node.Length; i++) node[i] += worker[i];
            for (var i = 0; i < node.Length; i++) sum[i] += Rounded(node[i]);
        }
        return [.. sum.Select(Rounded)];
    }

    // Of ordinary numbers.
    private static float Rounded(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF_0000);
    }

    private static float[][] Inputs(int count, int length)
    {
        var random = new Random(length);
        float[] Input() => [.. Enumerable.Range(0, length).Select(_ => random.NextSingle() - 0.5f)];
        return [.. Enumerable.Range(0, count).Select(_ => Input())];
    }

    private static async Task<float[][]> ReduceAsync(
        int nodes, int workersPerNode, float[][] inputs, Func<int, int, (Socket, Socket)>? connect = null)
    {
        using var group = new TestGroup(nodes, workersPerNode, segmentLength: 512, connect);
        return await group.RunAsync((exchange, rank) =>
        {
            var values = inputs[rank].ToArray();
            exchange.AllReduce(0, values, WireFormat.BFloat16, CancellationToken.None);
            return values;
        }).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }
}
