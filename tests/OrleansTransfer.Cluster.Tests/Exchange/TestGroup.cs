using OrleansTransfer.Cluster.Exchange;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Cluster.Tests.Exchange;

/// <summary>A whole group in one process: a session per node, a thread per rank.</summary>
internal sealed class TestGroup : IDisposable
{
    private readonly GroupSession?[] _sessions;
    private readonly int _workersPerNode;

    public TestGroup(int nodes, int workersPerNode, int segmentLength, Func<Task>? delay)
    {
        _workersPerNode = workersPerNode;
        _sessions = new GroupSession?[nodes];
        for (var node = 0; node < nodes; node++)
            _sessions[node] = new(
                new("test", 1), node * workersPerNode, workersPerNode, nodes * workersPerNode, new InMemoryLinks(node, _sessions, delay), new() { SegmentLength = segmentLength });
    }

    public Task<T[]> RunAsync<T>(Func<IGradientExchange, int, T> work) =>
        Task.WhenAll(Enumerable.Range(0, _sessions.Length * _workersPerNode).Select(rank =>
            Task.Factory.StartNew(() => work(_sessions[rank / _workersPerNode]!.For(rank), rank), TaskCreationOptions.LongRunning)));

    public void Abort(string reason)
    {
        foreach (var session in _sessions) session!.Abort(reason);
    }

    public void Dispose()
    {
        foreach (var session in _sessions) session!.Dispose();
    }
}
