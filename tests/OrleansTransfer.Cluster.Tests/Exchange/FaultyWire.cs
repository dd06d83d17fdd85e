using System.Net.Sockets;
using OrleansTransfer.Cluster.Exchange.Lanes;
using OrleansTransfer.Cluster.Tests.Exchange.Lanes;

namespace OrleansTransfer.Cluster.Tests.Exchange;

/// <summary>Two sockets, and between them somebody who knows where segments begin and treats each as a schedule says.</summary>
internal static class FaultyWire
{
    /// <summary>The fault of a segment, by what is sent and how many were sent before it in the same direction.</summary>
    public delegate Fault Schedule(SegmentFrame frame, int index);

    private const int FollowerMicroseconds = 20_000;

    public static (Socket One, Socket Other) Create(Schedule fromOne, Schedule fromOther)
    {
        var ((one, left), (right, other)) = (SocketPair.Create(), SocketPair.Create());
        Forward(left, right, fromOne);
        Forward(right, left, fromOther);
        return (one, other);
    }

    private static void Forward(Socket from, Socket to, Schedule schedule) => new Thread(() =>
    {
        try
        {
            for (var index = 0; Receive(from) is { } segment; index++)
            {
                _ = SegmentFrame.TryRead(segment, out var frame);
                if (!Pass(from, to, segment, frame, schedule(frame, index))) break;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One end is gone, and now the other.
        }
        from.Dispose();
        to.Dispose();
    })
    { IsBackground = true }.Start();

    // False when the connection ends here.
    private static bool Pass(Socket from, Socket to, byte[] segment, SegmentFrame frame, Fault fault)
    {
        switch (fault)
        {
            case Fault.Die:
                return false;
            case Fault.DieWithin:
                to.Send(segment, SegmentFrame.Size + (segment.Length - SegmentFrame.Size) / 2, SocketFlags.None);
                return false;
            case Fault.Delay:
                Thread.Sleep(20);
                to.Send(segment);
                return true;
            case Fault.Duplicate:
                to.Send(segment);
                to.Send(segment);
                return true;
            case Fault.Reorder:
                if (from.Poll(FollowerMicroseconds, SelectMode.SelectRead))
                {
                    if (Receive(from) is not { } follower) return false;
                    to.Send(follower);
                }
                to.Send(segment);
                return true;
            case Fault.Slow:
                var piece = Math.Max(1, segment.Length / 16);
                for (var sent = 0; sent < segment.Length; sent += piece)
                {
                    to.Send(segment, sent, Math.Min(piece, segment.Length - sent), SocketFlags.None);
                    Thread.Sleep(1);
                }
                return true;
            case Fault.Oversize:
                (frame with { Length = SegmentFrame.MaximumLength + 1 }).Write(segment);
                to.Send(segment);
                return true;
            default:
                to.Send(segment);
                return true;
        }
    }

    // One segment, its frame included; null at the end.
    private static byte[]? Receive(Socket from)
    {
        var head = new byte[SegmentFrame.Size];
        if (!ReceiveAll(from, head) || !SegmentFrame.TryRead(head, out var frame)) return null;
        var segment = new byte[head.Length + frame.PayloadBytes];
        head.CopyTo(segment, 0);
        return ReceiveAll(from, segment.AsSpan(head.Length)) ? segment : null;
    }

    private static bool ReceiveAll(Socket from, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var received = from.Receive(bytes);
            if (received == 0) return false;
            bytes = bytes[received..];
        }
        return true;
    }
}
