using System.Diagnostics;
using System.Net.Sockets;
using OrleansTransfer.Cluster.Exchange.Lanes;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Cluster.Exchange;

/// <summary>
/// One generation of a group as one node sees it. Workers of the node are reduced in memory first, each of them adding a slice; then the first of
/// them exchanges with the other nodes, so that the network carries each gradient once per node.
/// </summary>
public sealed class GroupSession : IDisposable
{
    private readonly CancellationTokenSource _abort = new();
    private readonly CancellationToken _aborted;
    private readonly Barrier _barrier;
    private readonly nint[] _buffers;
    private readonly int[] _lengths;
    private readonly LaneSet? _lanes;
    private readonly NodeExchange? _nodes;
    private string? _reason;
    private int _touching;

    /// <param name="key">Experiment and generation.</param>
    /// <param name="firstRank">Rank of the node's first worker; its workers have consecutive ranks.</param>
    /// <param name="localWorkers">Workers of the group on this node.</param>
    /// <param name="worldSize">Workers of the whole group.</param>
    /// <param name="lanes">To the other nodes; null if there are none. The session owns them.</param>
    /// <param name="options">How segments travel.</param>
    public GroupSession(GroupKey key, int firstRank, int localWorkers, int worldSize, LaneSet? lanes, ExchangeOptions options)
    {
        (Key, FirstRank, LocalWorkers, WorldSize) = (key, firstRank, localWorkers, worldSize);
        _aborted = _abort.Token;
        _barrier = new(localWorkers);
        (_buffers, _lengths) = (new nint[localWorkers], new int[localWorkers]);
        if (lanes is not { Count: > 1 }) return;
        _lanes = lanes;
        _nodes = new(lanes, options, Abort, _aborted);
        _aborted.Register(lanes.Close);
    }

    /// <summary>Experiment and generation.</summary>
    public GroupKey Key { get; }

    /// <summary>Rank of the node's first worker.</summary>
    public int FirstRank { get; }

    /// <summary>Workers of the group on this node.</summary>
    public int LocalWorkers { get; }

    /// <summary>Workers of the whole group.</summary>
    public int WorldSize { get; }

    /// <summary>Name of the node that broke the exchange off, as far as this one can tell.</summary>
    public string? BrokenOffBy => _nodes?.BrokenOffBy;

    /// <summary>The view of the worker of this rank.</summary>
    public IGradientExchange For(int rank) => new Member(this, rank);

    /// <summary>Ends every wait of the group's members on this node; the first reason given is the one they report.</summary>
    public void Abort(string reason)
    {
        if (Interlocked.CompareExchange(ref _reason, reason, null) is not null) return;
        try
        {
            _abort.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The last member has left between the two lines: nobody waits any more.
        }
    }

    /// <summary>
    /// Welcomes the node of index <paramref name="node"/> at the other end of <paramref name="socket"/>, which is owned from here on. Says in words
    /// why not, and leaves the socket alone then. Its <paramref name="fingerprint"/> must be that of this node's lanes.
    /// </summary>
    /// <exception cref="System.Net.Sockets.SocketException">The other node is gone.</exception>
    public string? AttachLane(int node, ulong fingerprint, Socket socket)
    {
        if (_lanes is null) return $"the group of {Key} is within one node";
        if (fingerprint != _lanes.Fingerprint) return "its recipe or version differs";
        return _lanes.Attach(node, () =>
        {
            LaneHandshake.Answer(socket, refusal: null);
            return new(socket, _lanes.Pump);
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Abort("The group was dissolved.");
        _nodes?.Dispose();
        _barrier.Dispose();
        _abort.Dispose();
    }

    private unsafe void AllReduce(int local, long sequence, Span<float> values, WireFormat wire, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        using var cancelled = cancellationToken.Register(() => Abort("The run was cancelled."));
        try
        {
            fixed (float* own = values)
            {
                if (LocalWorkers == 1)
                {
                    _aborted.ThrowIfCancellationRequested();
                    _nodes?.AllReduce(sequence, own, values.Length, wire);
                    Instruments.RecordExchange(Stopwatch.GetElapsedTime(started).TotalSeconds);
                    return;
                }

                Interlocked.Increment(ref _touching);
                try
                {
                    AllReduceShared(local, sequence, own, values.Length, wire);
                }
                finally
                {
                    Interlocked.Decrement(ref _touching);
                    AwaitNeighbours();
                }
            }
            if (local == 0) Instruments.RecordExchange(Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
        catch (OperationCanceledException e)
        {
            Instruments.ExchangeAborted(cancellationToken.IsCancellationRequested ? "cancelled" : "group-ended");
            cancellationToken.ThrowIfCancellationRequested();
            throw new ExchangeAbortedException(_reason ?? "The exchange was given up.", e);
        }
    }

    private unsafe void AllReduceShared(int local, long sequence, float* own, int length, WireFormat wire)
    {
        (_buffers[local], _lengths[local]) = ((nint)own, length);
        _barrier.SignalAndWait(_aborted);
        if (_lengths.AsSpan().ContainsAnyExcept(length))
            throw new InvalidOperationException($"The replicas on this node differ: they reduce {string.Join(", ", _lengths)} values.");

        ReduceSlice(local, length, intoAll: _nodes is null);
        _barrier.SignalAndWait(_aborted);
        if (_nodes is null) return;
        if (local == 0) _nodes.AllReduce(sequence, own, length, wire);
        _barrier.SignalAndWait(_aborted);
        if (local != 0) new Span<float>((float*)_buffers[0], length).CopyTo(new(own, length));
        _barrier.SignalAndWait(_aborted);
    }

    // Whoever is told of an abort may free its values, which neighbours may be in the middle of reading or writing: they end soon, because the abort
    // ends every wait of theirs, too.
    private void AwaitNeighbours()
    {
        if (!_aborted.IsCancellationRequested) return;
        var spin = default(SpinWait);
        while (Volatile.Read(ref _touching) > 0) spin.SpinOnce();
    }

    // Blocks of 64 KiB stay in the cache while the workers' values are added in rank order.
    private unsafe void ReduceSlice(int local, int length, bool intoAll)
    {
        const int block = 16 * 1024;
        var (start, count) = Regions.Of(length, local, LocalWorkers);
        for (var offset = start; offset < start + count; offset += block)
        {
            var size = (int)Math.Min(block, start + count - offset);
            var sum = new Span<float>((float*)_buffers[0] + offset, size);
            for (var worker = 1; worker < LocalWorkers; worker++) FloatSum.Add(sum, new((float*)_buffers[worker] + offset, size));
            if (!intoAll) continue;
            for (var worker = 1; worker < LocalWorkers; worker++) sum.CopyTo(new((float*)_buffers[worker] + offset, size));
        }
    }

    private sealed class Member(GroupSession session, int rank) : IGradientExchange
    {
        public int Rank => rank;

        public int WorldSize => session.WorldSize;

        public void AllReduce(long sequence, Span<float> values, WireFormat wire, CancellationToken cancellationToken) =>
            session.AllReduce(rank - session.FirstRank, sequence, values, wire, cancellationToken);
    }
}

/// <summary>Names one membership of one experiment's group.</summary>
public readonly record struct GroupKey(string Experiment, int Generation)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Experiment}, generation {Generation}";
}
