using System.Net;
using System.Net.Sockets;

namespace OrleansTransfer.Host;

/// <summary>The three loopback ports of a node.</summary>
/// <param name="Silo">Where other nodes talk to it.</param>
/// <param name="Gateway">Where Orleans clients talk to it.</param>
/// <param name="Http">Where its API, health and metrics are.</param>
internal sealed record NodePorts(int Silo, int Gateway, int Http)
{
    private const int DefaultSilo = 11111, DefaultGateway = 30000, DefaultHttp = 8080;

    /// <summary>The ports these options ask for, all of them free at this moment.</summary>
    /// <exception cref="NodeStartException">One is in use or does not exist.</exception>
    public static NodePorts Choose(NodeOptions options)
    {
        if (options.EphemeralPorts) return Ephemeral();
        var ports = new NodePorts(DefaultSilo + options.PortOffset, DefaultGateway + options.PortOffset, DefaultHttp + options.PortOffset);
        Check(ports.Silo, "other nodes", options.PortOffset);
        Check(ports.Gateway, "Orleans clients", options.PortOffset);
        Check(ports.Http, "the HTTP API", options.PortOffset);
        return ports;
    }

    private static void Check(int port, string user, int offset)
    {
        if (port is < 1 or > IPEndPoint.MaxPort)
        {
            throw new NodeStartException(
                $"The port offset {offset} leads to port {port} for {user}; ports go from 1 to {IPEndPoint.MaxPort}. Choose another --port-offset.");
        }

        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            probe.Start();
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AccessDenied)
        {
            throw new NodeStartException(
                $"This user may not open port {port}, which the node needs for {user}. Choose higher ports with --port-offset.", exception);
        }
        catch (SocketException exception)
        {
            throw new NodeStartException(
                $"Port {port}, which the node needs for {user}, is in use by another process." +
                $" Stop that process, or choose other ports with --port-offset (now {offset}).",
                exception);
        }
    }

    private static NodePorts Ephemeral()
    {
        // All three are held open together, so that they differ.
        using TcpListener silo = new(IPAddress.Loopback, 0), gateway = new(IPAddress.Loopback, 0), http = new(IPAddress.Loopback, 0);
        silo.Start();
        gateway.Start();
        http.Start();
        return new(Port(silo), Port(gateway), Port(http));

        static int Port(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
