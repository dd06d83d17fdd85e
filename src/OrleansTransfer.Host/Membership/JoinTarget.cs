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
    /// Reads <c>host:port</c> and waits until something listens there. A node there is asked whether it takes this one.
    /// </summary>
    /// <param name="join">The text.</param>
    /// <param name="clusterId">The cluster that this node is to be in.</param>
    /// <param name="certificates">This node's; null without TLS.</param>
    /// <param name="deadline">How long to wait.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="NodeStartException">It is not of that form, or the node there is of another protocol.</exception>
    /// <exception cref="ClusterNotFoundException">Nothing listened there before the deadline, or the two cannot talk.</exception>
    public static async Task<IPEndPoint> ReachAsync(
        string join, string clusterId, NodeCertificates? certificates, TimeSpan deadline, CancellationToken cancellationToken)
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
                    using var socket = await ConnectAsync();
                    var endpoint = (IPEndPoint)socket.RemoteEndPoint!;
                    if (await NodeGreeting.AskAsync(socket, certificates, patience.Token) is { } answer)
                    {
                        Admission.Judge(answer, endpoint, clusterId);
                        return endpoint;
                    }

                    // A node of a release that knows no greeting.
                    if (certificates is null) return endpoint;
                    using var another = await ConnectAsync();
                    return await TlsProbe.ProblemAsync(another, certificates, patience.Token) is { } problem
                        ? throw new ClusterNotFoundException(problem)
                        : endpoint;
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

        async Task<Socket> ConnectAsync()
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(join[..colon], port, patience.Token);
                return socket;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }
}
