using System.Runtime.InteropServices;
using OrleansTransfer.Cluster.Exchange.Lanes;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Cluster.Tests.Exchange.Lanes;

public sealed class LaneTests : IDisposable
{
    private readonly Lane _one, _other;

    public LaneTests()
    {
        var (left, right) = SocketPair.Create();
        var pump = new LanePump(); // of both, so that one thread is enough
        (_one, _other) = (new(left, pump), new(right, pump));
    }

    public void Dispose()
    {
        _one.Dispose();
        _other.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4000)] // in one packet with its frame
    [InlineData(8184)] // as much as is sent along with a large segment's frame, less one value
    [InlineData(1_000_003)]
    public void Segments_arrive_as_they_were_sent(int length)
    {
        var values = Values(length);
        Post(_one, new(SegmentKind.Contribution, length, 7, 70), values);
        Post(_one, new(SegmentKind.Result, length, 8, 80), values);
        List<SegmentFrame> frames = [];
        for (var i = 0; i < 2; i++)
        {
            frames.Add(_other.ReceiveFrame());
            var received = new float[length];
            _other.ReceiveValues(Bytes(received)[..(length / 3 * sizeof(float))]);
            _other.ReceiveValues(Bytes(received)[(length / 3 * sizeof(float))..]);
            Assert.Equal(values, received);
        }
        _one.Flush();
        Assert.Equal([new(SegmentKind.Contribution, length, 7, 70), new(SegmentKind.Result, length, 8, 80)], frames.OrderBy(frame => frame.Sequence));
    }

    [Fact]
    public void Results_overtake_contributions()
    {
        const int length = 1 << 20; // 4 MiB: the sockets hold less than all of it
        var values = Values(length);
        for (var i = 0; i < 8; i++) Post(_one, new(SegmentKind.Contribution, length, 1, i), values);
        Post(_one, new(SegmentKind.Result, length, 1, 100), values);
        var received = new float[length];
        var kinds = Enumerable.Range(0, 9).Select(_ =>
        {
            var frame = _other.ReceiveFrame();
            _other.ReceiveValues(Bytes(received));
            return frame.Kind;
        }).ToList();
        Assert.InRange(kinds.IndexOf(SegmentKind.Result), 0, 7);
        _one.Flush();
    }

    [Fact]
    public async Task Closing_ends_a_wait_for_a_segment()
    {
        var waiting = Task.Factory.StartNew(() => Assert.Throws<LaneException>(() => _one.ReceiveFrame()), TaskCreationOptions.LongRunning);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        _one.Close();
        await waiting.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Closing_ends_a_send_that_nobody_receives()
    {
        var values = Values(16 << 20); // 64 MiB
        Post(_one, new(SegmentKind.Contribution, values.Length, 1, 0), values);
        var waiting = Task.Factory.StartNew(() => Assert.Throws<LaneException>(_one.Flush), TaskCreationOptions.LongRunning);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        _one.Close();
        await waiting.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        GC.KeepAlive(values); // pinned, and read until the flush has ended
    }

    [Fact]
    public void The_end_of_the_other_node_shows_when_its_segments_are_read()
    {
        var values = Values(5);
        Post(_other, new(SegmentKind.Result, 5, 1, 0), values);
        _other.Dispose();
        Assert.Equal(5, _one.ReceiveFrame().Length);
        var received = new float[5];
        _one.ReceiveValues(Bytes(received));
        Assert.Equal(values, received);
        Assert.Throws<LaneException>(() => _one.ReceiveFrame());
    }

    [Fact]
    public void A_frame_survives_the_wire_and_anything_else_is_refused()
    {
        var frame = new SegmentFrame(SegmentKind.Result, 123_456, long.MaxValue, 1L << 40, WireFormat.BFloat16);
        Assert.Equal(246_912, frame.PayloadBytes);
        var bytes = new byte[SegmentFrame.Size];
        frame.Write(bytes);
        Assert.True(SegmentFrame.TryRead(bytes, out var read));
        Assert.Equal(frame, read);
        foreach (var damaged in new[] { 0, 4, 11, 12, 31 })
        {
            var copy = bytes.ToArray();
            copy[damaged] ^= 0x80;
            Assert.False(SegmentFrame.TryRead(copy, out _));
        }
    }

    private static unsafe void Post(Lane lane, SegmentFrame frame, float[] pinned)
    {
        fixed (float* first = pinned) lane.Post(frame, first);
    }

    private static Span<byte> Bytes(float[] values) => MemoryMarshal.AsBytes(values.AsSpan());

    private static float[] Values(int length)
    {
        var values = GC.AllocateUninitializedArray<float>(length, pinned: true);
        for (var i = 0; i < length; i++) values[i] = i;
        return values;
    }
}
