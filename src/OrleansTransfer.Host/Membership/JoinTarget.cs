using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansTransfer.Cluster.Transport;

namespace OrleansTransfer.Host.Membership;

/// <summary>The silo of the cluster's first node, as <c>--join</c> names it.</summary>
internal static class JoinTarget
{
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Reads <c>host:port</c> and waits until something listens there; with certificates, makes sure that both nodes take each other's.
    /// </summary>
    /// <exception cref="NodeStartException">It is not of that form.</exception>
    /// <exception cref="ClusterNotFoundException">Nothing listened there before the deadline.</exception>
    public static async Task<IPEndPoint> ReachAsync(
        string join, TimeSpan deadline, CancellationToken cancellationToken, NodeCertificates? certificates = null)
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
                    if (certificates is not null && await TlsProbe.ProblemAsync(socket, certificates, patience.Token) is { } problem)
                        throw new ClusterNotFoundException(problem);
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
