using System.Net;
using System.Net.Sockets;

namespace OrleansTransfer.Cluster.Tests.Exchange.Lanes;

/// <summary>Two connected sockets on loopback.</summary>
internal static class SocketPair
{
    public static (Socket One, Socket Other) Create()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var one = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        one.Connect(listener.LocalEndPoint!);
        return (one, listener.Accept());
    }

    /// <summary>The same over a wire that passes bytes on late and in pieces, by <paramref name="seed"/>.</summary>
    public static (Socket One, Socket Other) CreateUnsteady(int seed)
    {
        var ((one, left), (right, other)) = (Create(), Create());
        Forward(left, right, new Random(seed));
        Forward(right, left, new Random(seed + 1));
        return (one, other);
    }

    private static void Forward(Socket from, Socket to, Random random) => new Thread(() =>
    {
        var buffer = new byte[3000];
        try
        {
            while (from.Receive(buffer, random.Next(1, buffer.Length), SocketFlags.None) is > 0 and var received)
            {
                if (random.Next(4) == 0) Thread.Sleep(random.Next(3));
                to.Send(buffer, received, SocketFlags.None);
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
}
