namespace OrleansTransfer.Cluster.Exchange.Lanes;

/// <summary>
/// The lanes of one node to the others of its group. Each pair of nodes has one, which the node with the higher index opens.
/// </summary>
/// <param name="self">Index of this node within the group.</param>
/// <param name="names">Names of the group's nodes, by index.</param>
/// <param name="fingerprint">
/// Hash of whatever must be equal on all nodes for their sums to mean anything, recipe and version of the library above all. Lanes between nodes
/// whose fingerprints differ are refused.
/// </param>
public sealed class LaneSet(int self, IReadOnlyList<string> names, ulong fingerprint = 0) : IDisposable
{
    private readonly object _gate = new();
    private readonly Lane?[] _lanes = new Lane?[names.Count];
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _closing = new();

    /// <summary>Index of this node within the group.</summary>
    public int Self => self;

    /// <summary>Hash of what all nodes must agree on.</summary>
    public ulong Fingerprint => fingerprint;

    /// <summary>Number of nodes in the group.</summary>
    public int Count => names.Count;

    /// <summary>Completes when there is a lane to every other node; fails with a <see cref="LaneException"/> when one cannot be had.</summary>
    public Task Connected => _connected.Task;

    /// <summary>The lane to another node, once all are <see cref="Connected"/>.</summary>
    public Lane this[int node] => _lanes[node] ?? throw new InvalidOperationException($"There is no lane to {names[node]}.");

    /// <summary>What keeps all of these lanes moving; a lane that is to be attached is made with it.</summary>
    public LanePump Pump { get; } = new();

    /// <summary>The node at the other end of <paramref name="lane"/>.</summary>
    public int NodeOf(Lane lane) => Array.IndexOf(_lanes, lane);

    /// <summary>Name of a node, for messages.</summary>
    public string NameOf(int node) => names[node];

    /// <summary>Cancelled when the lanes are closed.</summary>
    public CancellationToken Closing => _closing.Token;

    /// <summary>
    /// Adds the lane to <paramref name="node"/> that <paramref name="make"/> makes; it is owned from here on. Says in words why not, and makes none
    /// then.
    /// </summary>
    public string? Attach(int node, Func<Lane> make)
    {
        lock (_gate)
        {
            if (_closing.IsCancellationRequested) return "the group is over";
            if (node < 0 || node >= names.Count || node == self) return $"the group has no other node of index {node}";
            if (_lanes[node] is not null) return $"there is a lane from {names[node]} already";
            _lanes[node] = make();
            if (_lanes.Index().All(pair => pair.Item is not null || pair.Index == self)) _connected.TrySetResult();
            return null;
        }
    }

    /// <summary>A lane cannot be had: ends the wait for it.</summary>
    public void Fail(int node, string reason) => _connected.TrySetException(new LaneException($"Node {names[node]} cannot be reached: {reason}"));

    /// <summary>Ends every call on every lane at once, from any thread.</summary>
    public void Close()
    {
        lock (_gate) _closing.Cancel();
        foreach (var lane in _lanes) lane?.Close();
        _connected.TrySetException(new LaneException("The group was dissolved"));
        _ = _connected.Task.Exception; // nobody may be left to look at it
    }

    /// <inheritdoc/>
    public void Dispose() => Close();
}
