using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansTransfer.Host.Membership;

/// <summary>The silo of the cluster's first node, as <c>--join</c> names it.</summary>
internal static class JoinTarget
{
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(250);

    /// <summary>Reads <c>host:port</c> and waits until something listens there.</summary>
    /// <exception cref="NodeStartException">It is not of that form.</exception>
    /// <exception cref="ClusterNotFoundException">Nothing listened there before the deadline.</exception>
    public static async Task<IPEndPoint> ReachAsync(string join, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var colon = join.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(join.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
        {
            throw new NodeStartException(
                $"'{join}' is not the address of a silo: --join takes HOST:PORT, as the first node's ready line shows under \"silo\".");
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(deadline);
        Exception? last = null;
        try
        {
            while (true)
            {
                try
                {
                    using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    await socket.ConnectAsync(join[..colon], port, patience.Token);
                    return (IPEndPoint)socket.RemoteEndPoint!;
                }
                catch (SocketException exception)
                {
                    last = exception;
                }

                await Task.Delay(s_retry, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ClusterNotFoundException(
                $"No node answers at {join} (tried for {deadline.TotalSeconds:0} s): {last?.Message ?? "no reply"}." +
                " Start the cluster's first node, or correct --join.",
                last);
        }
    }
}
