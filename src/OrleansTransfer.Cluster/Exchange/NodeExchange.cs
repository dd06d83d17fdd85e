using System.Collections.Concurrent;
using System.Threading.Channels;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Cluster.Exchange;

/// <summary>
/// The part of an all-reduce between nodes: direct reduce-scatter and all-gather. With P nodes, node k owns the k-th region of the values; it
/// receives that region from the P - 1 others, adds in node order (so the sum has the same bits whatever arrives first) and sends the result back,
/// segment by segment. Two message latencies, and each value crosses the wire of a node 2(P-1)/P times.
/// </summary>
public sealed class NodeExchange : IDisposable
{
    private readonly string _experiment;
    private readonly int _generation;
    private readonly INodeLinks _links;
    private readonly ExchangeOptions _options;
    private readonly Action<string> _abort;
    private readonly CancellationToken _aborted;
    private readonly ManualResetEventSlim _arrived = new();
    private readonly ConcurrentDictionary<(long Sequence, long Offset, int Node), Arrival> _contributions = new();
    private readonly object _gate = new();

    // The exchange in progress or, between two, the next one.
    private long _current;
    private bool _active;
    private nint _values;
    private long _length;
    private long _resultsMissing;
    private bool _closed;

    /// <param name="experiment">Id of the experiment, for the segments' headers.</param>
    /// <param name="generation">Generation of the group.</param>
    /// <param name="links">The other nodes.</param>
    /// <param name="options">Segment size and window.</param>
    /// <param name="abort">Told in words when a peer cannot be reached; cancels <paramref name="aborted"/>.</param>
    /// <param name="aborted">Cancelled when the group gives up; every wait here ends then.</param>
    public NodeExchange(
        string experiment, int generation, INodeLinks links, ExchangeOptions options, Action<string> abort, CancellationToken aborted) =>
        (_experiment, _generation, _links, _options, _abort, _aborted) = (experiment, generation, links, options, abort, aborted);

    /// <summary>Replaces the values by their sum over all nodes. Runs on one thread of this node, which does the adding.</summary>
    /// <exception cref="OperationCanceledException">The group gave up.</exception>
    public unsafe void AllReduce(long sequence, float* values, long length)
    {
        int self = _links.Self, nodes = _links.Count;
        var (ownStart, ownLength) = Regions.Of(length, self, nodes);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            (_current, _active, _values, _length) = (sequence, true, (nint)values, length);
            _resultsMissing = Enumerable.Range(0, nodes).Where(node => node != self)
                .Sum(node => (long)Regions.Segments(Regions.Of(length, node, nodes).Length, _options.SegmentLength));
        }

        var lease = new MemoryLease();
        try
        {
            var results = new Channel<long>?[nodes];
            var sends = new List<Task>();
            for (var node = 0; node < nodes; node++)
            {
                if (node == self) continue;
                var (start, count) = Regions.Of(length, node, nodes);
                sends.Add(SendContributionsAsync(node, sequence, start, count, (nint)values, lease));
                var ready = results[node] = Channel.CreateUnbounded<long>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
                sends.Add(SendResultsAsync(node, sequence, ready.Reader, ownStart + ownLength, (nint)values, lease));
            }

            for (var offset = ownStart; offset < ownStart + ownLength; offset += _options.SegmentLength)
            {
                Reduce(sequence, offset, SegmentAt(offset, ownStart + ownLength));
                foreach (var ready in results) ready?.Writer.TryWrite(offset);
            }
            foreach (var ready in results) ready?.Writer.Complete();

            WaitUntil(() => Interlocked.Read(ref _resultsMissing) == 0);
            Task.WhenAll(sends).WaitAsync(_aborted).GetAwaiter().GetResult();
        }
        finally
        {
            // Nobody may write into or read from the values once this method has returned.
            lock (_gate) (_current, _active, _values) = (sequence + 1, false, 0);
            lease.Revoke();
        }
    }

    /// <summary>Takes a segment from another node; completes when it has been used.</summary>
    public Task AcceptAsync(GradientSegment segment)
    {
        var header = segment.Header;
        if (header.Kind == SegmentKind.Result)
        {
            TakeResult(segment);
            return Task.CompletedTask;
        }

        var arrival = new Arrival(segment);
        lock (_gate)
        {
            // Late, or delivered twice.
            if (_closed || header.Sequence < _current || !_contributions.TryAdd((header.Sequence, header.Offset, header.FromNode), arrival))
            {
                segment.Dispose();
                return Task.CompletedTask;
            }
        }
        _arrived.Set();
        return arrival.Used.Task;
    }

    /// <summary>Gives back what arrived and was never used.</summary>
    public void Dispose()
    {
        lock (_gate) _closed = true;
        foreach (var key in _contributions.Keys)
            if (_contributions.TryRemove(key, out var arrival)) arrival.Finish();
    }

    private int SegmentAt(long offset, long end) => (int)Math.Min(_options.SegmentLength, end - offset);

    private unsafe void Reduce(long sequence, long offset, int count)
    {
        var own = new Span<float>((float*)_values + offset, count);
        Arrival? first = null;
        for (var node = 0; node < _links.Count; node++)
        {
            if (node == _links.Self)
            {
                if (first is not null) FloatSum.Add(first.Segment.Values, own);
                continue;
            }
            var arrival = Await((sequence, offset, node));
            if (arrival.Segment.Header.Length != count)
            {
                var found = arrival.Segment.Header.Length;
                arrival.Finish();
                _abort(
                    $"Node {_links.NameOf(node)} sent {found} values of exchange {sequence} at {offset} where {count} were expected: " +
                    "the replicas differ.");
                _aborted.ThrowIfCancellationRequested();
            }
            if (node == 0)
            {
                // Sums start at node 0; adding into what it sent keeps that order without a further buffer.
                first = arrival;
                continue;
            }
            FloatSum.Add(first is null ? own : first.Segment.Values, arrival.Segment.Values);
            arrival.Finish();
        }
        if (first is null) return;
        first.Segment.Values.CopyTo(own);
        first.Finish();
    }

    private Arrival Await((long, long, int) key)
    {
        Arrival? arrival = null;
        WaitUntil(() => _contributions.TryRemove(key, out arrival));
        return arrival!;
    }

    // One thread waits and many set: resetting before the check means that no arrival between check and wait is missed.
    private void WaitUntil(Func<bool> done)
    {
        while (true)
        {
            _arrived.Reset();
            if (done()) return;
            _arrived.Wait(_aborted);
        }
    }

    private unsafe void TakeResult(GradientSegment segment)
    {
        using (segment)
        {
            var header = segment.Header;
            lock (_gate)
            {
                // A result can only be for the exchange in progress: its owner needed this node's contribution first. Any other is a leftover.
                if (!_active || header.Sequence != _current || header.Offset < 0 || header.Offset + header.Length > _length) return;
                segment.Values.CopyTo(new Span<float>((float*)_values + header.Offset, header.Length));
            }
        }
        if (Interlocked.Decrement(ref _resultsMissing) == 0) _arrived.Set();
    }

    private Task SendContributionsAsync(int node, long sequence, long start, long length, nint values, MemoryLease lease) =>
        SendAsync(node, async window =>
        {
            for (var offset = start; offset < start + length; offset += _options.SegmentLength)
                await window.AddAsync(Deliver(node, sequence, SegmentKind.Contribution, offset, SegmentAt(offset, start + length), values, lease));
        });

    private Task SendResultsAsync(int node, long sequence, ChannelReader<long> ready, long end, nint values, MemoryLease lease) =>
        SendAsync(node, async window =>
        {
            await foreach (var offset in ready.ReadAllAsync(_aborted))
                await window.AddAsync(Deliver(node, sequence, SegmentKind.Result, offset, SegmentAt(offset, end), values, lease));
        });

    private async Task SendAsync(int node, Func<SendWindow, Task> send)
    {
        await Task.Yield();
        var window = new SendWindow(_options.Window);
        try
        {
            await send(window);
            await window.DrainAsync();
        }
        catch (OperationCanceledException) when (_aborted.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            _abort($"Node {_links.NameOf(node)} did not take a gradient segment: {e.Message}");
            throw new ExchangeAbortedException($"Node {_links.NameOf(node)} is out of reach.", e);
        }
    }

    private Task Deliver(int node, long sequence, SegmentKind kind, long offset, int count, nint values, MemoryLease lease)
    {
        _aborted.ThrowIfCancellationRequested();
        Instruments.ExchangeSent((long)count * sizeof(float));
        var header = new SegmentHeader(_experiment, _generation, sequence, kind, _links.Self, offset, count);
        return _links.DeliverAsync(node, GradientSegment.Of(header, values, lease));
    }

    private sealed class Arrival(GradientSegment segment)
    {
        public GradientSegment Segment { get; } = segment;

        public TaskCompletionSource Used { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Finish()
        {
            Segment.Dispose();
            Used.TrySetResult();
        }
    }
}
