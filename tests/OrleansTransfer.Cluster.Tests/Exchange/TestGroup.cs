using System.Net.Sockets;
using OrleansTransfer.Cluster.Exchange;
using OrleansTransfer.Cluster.Exchange.Lanes;
using OrleansTransfer.Cluster.Tests.Exchange.Lanes;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Cluster.Tests.Exchange;

/// <summary>A whole group in one process: a session per node, a thread per rank, and lanes over real sockets.</summary>
internal sealed class TestGroup : IDisposable
{
    private readonly GroupSession[] _sessions;
    private readonly int _workersPerNode;

    public TestGroup(int nodes, int workersPerNode, int segmentLength, Func<int, int, (Socket, Socket)>? connect = null)
    {
        _workersPerNode = workersPerNode;
        string[] names = [.. Enumerable.Range(0, nodes).Select(node => $"n{node}")];
        LaneSet[] lanes = [.. names.Index().Select(node => new LaneSet(node.Index, names))];
        for (var one = 0; one < nodes; one++)
        {
            for (var other = one + 1; other < nodes; other++)
            {
                var (left, right) = connect?.Invoke(one, other) ?? SocketPair.Create();
                Assert.Null(lanes[one].Attach(other, () => new(left, lanes[one].Pump)));
                Assert.Null(lanes[other].Attach(one, () => new(right, lanes[other].Pump)));
            }
        }
        _sessions = [.. lanes.Select(lane => new GroupSession(
            new("test", 1), lane.Self * workersPerNode, workersPerNode, nodes * workersPerNode, nodes > 1 ? lane : null,
            new() { SegmentLength = segmentLength }))];
    }

    public Task<T[]> RunAsync<T>(Func<IGradientExchange, int, T> work) =>
        Task.WhenAll(Enumerable.Range(0, _sessions.Length * _workersPerNode).Select(rank =>
            Task.Factory.StartNew(() => work(_sessions[rank / _workersPerNode].For(rank), rank), TaskCreationOptions.LongRunning)));

    public void Abort(string reason)
    {
        foreach (var session in _sessions) session.Abort(reason);
    }

    /// <summary>What the others see when this node's process dies: its connections end.</summary>
    public void Kill(int node) => _sessions[node].Dispose();

    public void Dispose()
    {
        foreach (var session in _sessions) session.Dispose();
    }
}
