using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace OrleansTransfer.Cluster.Exchange.Lanes;

/// <summary>
/// Carries the bytes of a lane between a socket pair within this process and an encrypted connection, with a thread for each direction. What the
/// other node does not take stays in the pair, so that a slow receiver holds its sender back as it does without encryption.
/// </summary>
internal sealed partial class LaneRelay
{
    // Four times the largest TLS record: fewer turns between threads.
    private const int BufferBytes = 64 * 1024;
    private const int StackBytes = 256 * 1024;

    // A lane that is closed may have sent what is still on its way here.
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(10);

    private readonly SslStream _tls;
    private readonly Socket _far;

    private LaneRelay(SslStream tls, Socket far) => (_tls, _far) = (tls, far);

    /// <summary>Begins to carry, and returns the end for the lane; when that is disposed, the relay ends.</summary>
    public static Socket Start(SslStream tls)
    {
        var (near, far) = CreatePair();
        var relay = new LaneRelay(tls, new Socket(far));
        new Thread(relay.Send, StackBytes) { IsBackground = true, Name = "encrypting a lane" }.Start();
        new Thread(relay.Receive, StackBytes) { IsBackground = true, Name = "decrypting a lane" }.Start();
        return new LaneEnd(near, relay);
    }

    private void Send()
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (_far.Receive(buffer) is > 0 and var count) _tls.Write(buffer, 0, count);
        }
        catch (Exception e) when (IsEnd(e))
        {
            // The other node is gone; the lane sees it by the end of what it receives.
        }
        End();
    }

    private void Receive()
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (_tls.Read(buffer, 0, buffer.Length) is > 0 and var count)
                for (var sent = 0; sent < count;) sent += _far.Send(buffer.AsSpan(sent, count - sent));
        }
        catch (Exception e) when (IsEnd(e))
        {
            // Likewise.
        }
        End();
    }

    private void End()
    {
        _tls.Dispose();
        Close(_far);
    }

    // Whoever waits on the socket is woken first: disposing a socket that is in use waits for its users, and does not wake those of a socket pair.
    private static void Close(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The other end is gone, or it was closed before.
        }
        socket.Dispose();
    }

    private async Task EndSoonAsync()
    {
        await Task.Delay(s_farewell);
        End();
    }

    private static bool IsEnd(Exception e) => e is IOException or SocketException or ObjectDisposedException or InvalidOperationException;

    private static (SafeSocketHandle Near, SafeSocketHandle Far) CreatePair()
    {
        const int unix = 1, stream = 1, closeOnExecute = 0x80000;
        Span<int> ends = stackalloc int[2];
        if (CreatePair(unix, OperatingSystem.IsLinux() ? stream | closeOnExecute : stream, 0, ends) != 0)
            throw new LaneException($"this node has no more sockets: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        return (new(ends[0], ownsHandle: true), new(ends[1], ownsHandle: true));
    }

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    private static partial int CreatePair(int domain, int type, int protocol, Span<int> ends);

    private sealed class LaneEnd(SafeSocketHandle handle, LaneRelay relay) : Socket(handle)
    {
        private int _closed;

        protected override void Dispose(bool disposing)
        {
            if (disposing && Interlocked.Exchange(ref _closed, 1) == 0)
            {
                LaneRelay.Close(this);
                _ = relay.EndSoonAsync();
            }
            base.Dispose(disposing);
        }
    }
}
