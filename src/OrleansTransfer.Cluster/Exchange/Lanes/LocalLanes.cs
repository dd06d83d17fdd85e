using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace OrleansTransfer.Cluster.Exchange.Lanes;

/// <summary>
/// Lanes between nodes of one machine go over a Unix domain socket, which copies as TCP over loopback does and spares its protocol. Its name, in
/// Linux's abstract namespace, follows from the silo's address; other systems have no such names, and there all lanes are TCP, as they are where the
/// address only leads to the silo or connections are encrypted. The kernel tells either end whose process the other is, and only the own user's is
/// taken.
/// </summary>
internal static partial class LocalLanes
{
    private const int Backlog = 512;

    // SOL_SOCKET and SO_PEERCRED of Linux: process, user and group of the other end, as three integers.
    private const int SocketLevel = 1, PeerCredentials = 17;

    /// <summary>Listens beside a silo's port; null where that is not possible.</summary>
    public static Socket? Listen(EndPoint endpoint)
    {
        if (!OperatingSystem.IsLinux() || endpoint is not IPEndPoint place) return null;
        var socket = Create();
        try
        {
            socket.Bind(NameOf(place));
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException)
        {
            // Without it the silo's port takes the lanes.
            socket.Dispose();
            return null;
        }
    }

    /// <summary>A connection to the silo at <paramref name="place"/>; null where it is no process of this machine and user.</summary>
    public static Socket? Connect(IPEndPoint place)
    {
        if (!OperatingSystem.IsLinux()) return null;
        var socket = Create();
        try
        {
            socket.Connect(NameOf(place));
            if (IsOwn(socket)) return socket;
        }
        catch (SocketException)
        {
            // Nobody listens by that name.
        }
        socket.Dispose();
        return null;
    }

    /// <summary>Whether the process at the other end runs as the same user as this one.</summary>
    public static bool IsOwn(Socket socket)
    {
        Span<int> credentials = stackalloc int[3];
        return socket.GetRawSocketOption(SocketLevel, PeerCredentials, MemoryMarshal.AsBytes(credentials)) == 3 * sizeof(int)
            && credentials[1] == GetEffectiveUser();
    }

    private static Socket Create() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private static UnixDomainSocketEndPoint NameOf(IPEndPoint place) => new($"\0otx-lane-{place}");

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial int GetEffectiveUser();
}
