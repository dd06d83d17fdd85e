using System.Net;
using System.Net.Sockets;

namespace OrleansTransfer.Host.Membership;

/// <summary>Finds out whether a process is behind an address.</summary>
internal static class PortProbe
{
    /// <summary>Whether something takes a connection there within <paramref name="limit"/>.</summary>
    public static async Task<bool> ListensAsync(IPEndPoint endpoint, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endpoint, deadline.Token);
            return true;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }
}
