using System.Runtime.InteropServices;
using OrleansTransfer.Cluster.Exchange.Lanes;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Cluster.Exchange;

/// <summary>
/// The part of an all-reduce between nodes: direct reduce-scatter and all-gather. With P nodes, node k owns the k-th region of the values; it
/// receives that region from the P - 1 others, adds in node order (so the sum has the same bits whatever arrives first) and sends the result back,
/// segment by segment. Two message latencies, and each value crosses the wire of a node 2(P-1)/P times.
/// </summary>
/// <remarks>
/// The thread that calls does all receiving and adding, block by block while a block is in its cache; lanes send on threads of their own. It reads
/// the lanes in a fixed order and cannot block for ever: contributions are on their way without any node's waiting for another, and results follow
/// contributions.
/// </remarks>
/// <param name="lanes">The other nodes.</param>
/// <param name="options">Segment size and deadlines.</param>
/// <param name="abort">Told in words when the exchange cannot go on; cancels <paramref name="aborted"/>.</param>
/// <param name="aborted">Cancelled when the group gives up; <paramref name="lanes"/> are closed then, which ends every wait here.</param>
public sealed unsafe class NodeExchange(LaneSet lanes, ExchangeOptions options, Action<string> abort, CancellationToken aborted) : IDisposable
{
    // 64 KiB: with the block it is added to, well within a core's own cache.
    private const int BlockLength = 16 * 1024;

    private float* _sum = (float*)NativeMemory.AlignedAlloc(2 * BlockLength * sizeof(float), 64);
    private readonly long[] _resultsMissing = new long[lanes.Count];

    /// <summary>Name of the node that broke the exchange off, as far as this one can tell.</summary>
    public string? BrokenOffBy { get; private set; }

    /// <summary>Replaces the values by their sum over all nodes.</summary>
    /// <exception cref="OperationCanceledException">The group gave up; nothing reads from or writes into the values any more.</exception>
    public void AllReduce(long sequence, float* values, long length, WireFormat wire)
    {
        var node = lanes.Self;
        try
        {
            lanes.Connected.WaitAsync(options.JoinDeadline, aborted).GetAwaiter().GetResult();
            for (node = 0; node < lanes.Count; node++)
                if (node != lanes.Self) SendContributions(node, sequence, values, length);

            var (start, count) = Regions.Of(length, lanes.Self, lanes.Count);
            for (var offset = start; offset < start + count; offset += options.SegmentLength)
            {
                var segment = (int)Math.Min(options.SegmentLength, start + count - offset);
                for (node = 0; node < lanes.Count; node++)
                    if (node != lanes.Self) AwaitContribution(node, sequence, offset, segment, values, length);
                for (var block = 0; block < segment; block += BlockLength)
                    Reduce(values + offset + block, Math.Min(BlockLength, segment - block), ref node);
                for (node = 0; node < lanes.Count; node++)
                    if (node != lanes.Self) Post(node, new(SegmentKind.Result, segment, sequence, offset), values);
            }

            for (node = 0; node < lanes.Count; node++)
                while (_resultsMissing[node] > 0)
                    if (Receive(node, sequence, values, length) is { Kind: SegmentKind.Contribution } early) throw OutOfStep(early);
            for (node = 0; node < lanes.Count; node++)
                if (node != lanes.Self) lanes[node].Flush();
        }
        catch (Exception e) when (e is LaneException or TimeoutException)
        {
            // The first reason counts: a lane that was closed because the group gave up adds nothing.
            if (!aborted.IsCancellationRequested)
            {
                var reason = e.Message.TrimEnd('.');
                if (node != lanes.Self) BrokenOffBy = lanes.NameOf(node);
                abort(e is TimeoutException
                    ? $"Not all nodes joined the exchange within {options.JoinDeadline.TotalSeconds:0} s."
                    : node == lanes.Self ? $"{reason}." : $"Node {lanes.NameOf(node)} broke off the exchange: {reason}.");
            }
            lanes.Dispose();
            throw new OperationCanceledException("The exchange was given up.", e, aborted);
        }
        catch
        {
            // Whatever it was: nobody may read from the values once this method has returned.
            lanes.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lanes.Dispose();
        NativeMemory.AlignedFree(_sum);
        _sum = null;
    }

    private void SendContributions(int node, long sequence, float* values, long length)
    {
        var (start, count) = Regions.Of(length, node, lanes.Count);
        _resultsMissing[node] = count;
        for (var offset = start; offset < start + count; offset += options.SegmentLength)
            Post(node, new(SegmentKind.Contribution, (int)Math.Min(options.SegmentLength, start + count - offset), sequence, offset), values);
    }

    private void Post(int node, SegmentFrame frame, float* values)
    {
        lanes[node].Post(frame, values + frame.Offset);
        Instruments.ExchangeSent(frame.PayloadBytes);
    }

    private void AwaitContribution(int node, long sequence, long offset, int count, float* values, long length)
    {
        SegmentFrame frame;
        do frame = Receive(node, sequence, values, length);
        while (frame.Kind == SegmentKind.Result);
        if (frame.Offset != offset || frame.Length != count) throw OutOfStep(frame);
    }

    // Receives one segment: a result into its place, and of a contribution the frame alone.
    private SegmentFrame Receive(int node, long sequence, float* values, long length)
    {
        var frame = lanes[node].ReceiveFrame();
        if (frame.Sequence != sequence) throw OutOfStep(frame);
        if (frame.Kind == SegmentKind.Result)
        {
            var (start, count) = Regions.Of(length, node, lanes.Count);
            // Each begins where the one before it ended.
            if (frame.Offset != start + count - _resultsMissing[node] || frame.Length > _resultsMissing[node]) throw OutOfStep(frame);
            lanes[node].ReceiveValues(new(values + frame.Offset, frame.Length));
            _resultsMissing[node] -= frame.Length;
        }
        Instruments.ExchangeReceived(frame.PayloadBytes);
        return frame;
    }

    // Adds one block of all nodes in their order. Until this node's turn comes, the sum grows beside its own values.
    private void Reduce(float* own, int count, ref int node)
    {
        Span<float> mine = new(own, count), sum = new(_sum, count), received = new(_sum + BlockLength, count);
        for (node = 0; node < lanes.Count; node++)
        {
            if (node == lanes.Self)
            {
                if (node > 0) FloatSum.Add(mine, sum);
            }
            else if (node == 0) lanes[node].ReceiveValues(sum);
            else
            {
                lanes[node].ReceiveValues(received);
                FloatSum.Add(node < lanes.Self ? sum : mine, received);
            }
        }
    }

    private static LaneException OutOfStep(SegmentFrame frame) =>
        new($"it sent {frame.Length} values at {frame.Offset} of exchange {frame.Sequence}, which do not belong here: the replicas differ");
}
