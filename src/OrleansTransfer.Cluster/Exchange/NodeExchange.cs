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
/// <para>
/// The thread that calls does everything: it receives and adds, block by block while a block is in its cache, and sends while it waits and between
/// blocks. It reads the lanes in a fixed order and cannot block for ever: contributions are on their way without any node's waiting for another,
/// and results follow contributions.
/// </para>
/// <para>
/// As bfloat16, every node's contribution is rounded, the owner's own too, although it never travels: so the sum of a value depends neither on who
/// owns it nor on how values are divided into exchanges. Contributions are added as float32, and the owner keeps the sum as it sends it, rounded.
/// </para>
/// </remarks>
/// <param name="lanes">The other nodes.</param>
/// <param name="options">Segment size and deadlines.</param>
/// <param name="abort">Told in words when the exchange cannot go on; cancels <paramref name="aborted"/>.</param>
/// <param name="aborted">Cancelled when the group gives up; <paramref name="lanes"/> are closed then, which ends every wait here.</param>
public sealed unsafe class NodeExchange(LaneSet lanes, ExchangeOptions options, Action<string> abort, CancellationToken aborted) : IDisposable
{
    // 64 KiB: with the block it is added to, well within a core's own cache.
    private const int BlockLength = 16 * 1024;

    private readonly long[] _resultsMissing = new long[lanes.Count];

    // A block of sums, and one of received values behind it.
    private float* _sum = (float*)NativeMemory.AlignedAlloc(2 * BlockLength * sizeof(float), 64);

    /// <summary>Name of the node that broke the exchange off, as far as this one can tell.</summary>
    public string? BrokenOffBy { get; private set; }

    /// <summary>Replaces the values by their sum over all nodes.</summary>
    /// <exception cref="OperationCanceledException">The group gave up; nothing reads from or writes into the values any more.</exception>
    public void AllReduce(long sequence, float* values, long length, WireFormat wire)
    {
        try
        {
            lanes.Connected.WaitAsync(options.JoinDeadline, aborted).GetAwaiter().GetResult();
            for (var node = 0; node < lanes.Count; node++)
                if (node != lanes.Self) SendContributions(node, sequence, values, length, wire);

            var (start, count) = Regions.Of(length, lanes.Self, lanes.Count);
            for (var offset = start; offset < start + count; offset += options.SegmentLength)
            {
                var segment = (int)Math.Min(options.SegmentLength, start + count - offset);
                for (var node = 0; node < lanes.Count; node++)
                    if (node != lanes.Self) AwaitContribution(node, new(SegmentKind.Contribution, segment, sequence, offset, wire), values, length);
                for (var block = 0; block < segment; block += BlockLength)
                {
                    Reduce(values + offset + block, Math.Min(BlockLength, segment - block), wire);
                    lanes.Pump.Send();
                }
                for (var node = 0; node < lanes.Count; node++)
                    if (node != lanes.Self) Post(node, new(SegmentKind.Result, segment, sequence, offset, wire), values);
            }

            for (var node = 0; node < lanes.Count; node++)
                while (_resultsMissing[node] > 0)
                    if (Receive(node, sequence, values, length, wire) is { Kind: SegmentKind.Contribution } early) throw OutOfStep(node, early);
            for (var node = 0; node < lanes.Count; node++)
                if (node != lanes.Self) lanes[node].Flush();
        }
        catch (Exception e) when (e is LaneException or TimeoutException)
        {
            // The first reason counts: a lane that was closed because the group gave up adds nothing.
            if (!aborted.IsCancellationRequested)
            {
                BrokenOffBy = e is LaneException { Lane: { } broken } ? lanes.NameOf(lanes.NodeOf(broken)) : null;
                abort(e switch
                {
                    TimeoutException => $"Not all nodes joined the exchange within {options.JoinDeadline.TotalSeconds:0} s.",
                    LaneException when BrokenOffBy is { } node => $"Node {node} broke off the exchange: {e.Message.TrimEnd('.')}.",
                    _ => $"{e.Message.TrimEnd('.')}.",
                });
            }
            lanes.Dispose();
            throw new OperationCanceledException("The exchange was given up.", e, aborted);
        }
        catch
        {
            // Whatever it was: the others must not wait for this node.
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

    private void SendContributions(int node, long sequence, float* values, long length, WireFormat wire)
    {
        var (start, count) = Regions.Of(length, node, lanes.Count);
        _resultsMissing[node] = count;
        for (var offset = start; offset < start + count; offset += options.SegmentLength)
        {
            var segment = (int)Math.Min(options.SegmentLength, start + count - offset);
            Post(node, new(SegmentKind.Contribution, segment, sequence, offset, wire), values);
        }
    }

    private void Post(int node, SegmentFrame frame, float* values)
    {
        lanes[node].Post(frame, values + frame.Offset);
        Instruments.ExchangeSent(frame.PayloadBytes);
    }

    private void AwaitContribution(int node, SegmentFrame expected, float* values, long length)
    {
        SegmentFrame frame;
        do frame = Receive(node, expected.Sequence, values, length, expected.Format);
        while (frame.Kind == SegmentKind.Result);
        if (frame != expected) throw OutOfStep(node, frame);
    }

    // Receives one segment: a result into its place, and of a contribution the frame alone.
    private SegmentFrame Receive(int node, long sequence, float* values, long length, WireFormat wire)
    {
        var frame = lanes[node].ReceiveFrame();
        if (frame.Sequence != sequence) throw OutOfStep(node, frame);
        if (frame.Format != wire)
            throw new LaneException($"it sends values as {frame.Format}, and this node as {wire}: their recipes differ") { Lane = lanes[node] };
        if (frame.Kind == SegmentKind.Result)
        {
            var (start, count) = Regions.Of(length, node, lanes.Count);
            // Each begins where the one before it ended.
            if (frame.Offset != start + count - _resultsMissing[node] || frame.Length > _resultsMissing[node]) throw OutOfStep(node, frame);
            ReceiveResult(lanes[node], frame, values + frame.Offset);
            _resultsMissing[node] -= frame.Length;
        }
        Instruments.ExchangeReceived(frame.PayloadBytes);
        return frame;
    }

    private void ReceiveResult(Lane lane, SegmentFrame frame, float* values)
    {
        for (var block = 0; block < frame.Length; block += BlockLength)
        {
            var count = Math.Min(BlockLength, frame.Length - block);
            if (frame.Format == WireFormat.BFloat16) BFloat16s.Widen(ReceiveBFloat16(lane, count), new(values + block, count));
            else ReceiveFloat32(lane, new(values + block, count));
            lanes.Pump.Send();
        }
    }

    // Adds one block of all nodes in their order. Until this node's turn comes, the sum grows beside its own values.
    private void Reduce(float* own, int count, WireFormat wire)
    {
        Span<float> mine = new(own, count), sum = new(_sum, count);
        for (var node = 0; node < lanes.Count; node++)
        {
            if (node == lanes.Self)
            {
                if (wire == WireFormat.BFloat16) BFloat16s.Round(mine);
                if (node > 0) FloatSum.Add(mine, sum);
            }
            else if (wire == WireFormat.BFloat16)
            {
                var received = ReceiveBFloat16(lanes[node], count);
                if (node == 0) BFloat16s.Widen(received, sum);
                else BFloat16s.Add(node < lanes.Self ? sum : mine, received);
            }
            else if (node == 0) ReceiveFloat32(lanes[node], sum);
            else
            {
                Span<float> received = new(_sum + BlockLength, count);
                ReceiveFloat32(lanes[node], received);
                FloatSum.Add(node < lanes.Self ? sum : mine, received);
            }
        }
        if (wire == WireFormat.BFloat16) BFloat16s.Round(mine);
    }

    private static void ReceiveFloat32(Lane lane, Span<float> values) => lane.ReceiveValues(MemoryMarshal.AsBytes(values));

    private ReadOnlySpan<ushort> ReceiveBFloat16(Lane lane, int count)
    {
        Span<ushort> received = new(_sum + BlockLength, count);
        lane.ReceiveValues(MemoryMarshal.AsBytes(received));
        return received;
    }

    private LaneException OutOfStep(int node, SegmentFrame frame) =>
        new($"it sent {frame.Length} values at {frame.Offset} of exchange {frame.Sequence}, which do not belong here: the replicas differ")
        {
            Lane = lanes[node],
        };
}
