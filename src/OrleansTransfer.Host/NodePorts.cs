using System.Net;
using System.Net.Sockets;

namespace OrleansTransfer.Host;

/// <summary>Where a node listens: three ports of one address.</summary>
/// <param name="Address">Where others reach it; its HTTP port is open on loopback as well.</param>
/// <param name="Silo">Where other nodes talk to it.</param>
/// <param name="Gateway">Where Orleans clients talk to it.</param>
/// <param name="Http">Where its API, health and metrics are.</param>
internal sealed record NodePorts(IPAddress Address, int Silo, int Gateway, int Http)
{
    /// <summary>The ports without an offset.</summary>
    public const int DefaultSilo = 11111, DefaultGateway = 30000, DefaultHttp = 8080;

    /// <summary>The addresses at which it listens for HTTP.</summary>
    public IReadOnlyList<IPAddress> HttpAddresses => IPAddress.IsLoopback(Address) ? [Address] : [Address, IPAddress.Loopback];

    /// <summary>The address and the ports these options ask for, all of them free at this moment.</summary>
    /// <exception cref="NodeStartException">A port is in use or does not exist, or the address is none of this machine's.</exception>
    public static NodePorts Choose(NodeOptions options)
    {
        if (options.EphemeralPorts) return Ephemeral();
        var ports = new NodePorts(
            ReadAddress(options.Advertise),
            DefaultSilo + options.PortOffset,
            DefaultGateway + options.PortOffset,
            DefaultHttp + options.PortOffset);
        Check(ports.Address, ports.Silo, "other nodes", options.PortOffset);
        Check(ports.Address, ports.Gateway, "Orleans clients", options.PortOffset);
        foreach (var address in ports.HttpAddresses) Check(address, ports.Http, "the HTTP API", options.PortOffset);
        return ports;
    }

    private static IPAddress ReadAddress(string? advertise)
    {
        if (advertise is null) return IPAddress.Loopback;
        return IPAddress.TryParse(advertise, out var address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)
            ? address
            : throw new NodeStartException(
                $"'{advertise}' is not an address under which other nodes could reach this one: --advertise takes an IP address of this machine.");
    }

    private static void Check(IPAddress address, int port, string user, int offset)
    {
        if (port is < 1 or > IPEndPoint.MaxPort)
        {
            throw new NodeStartException(
                $"The port offset {offset} leads to port {port} for {user}; ports go from 1 to {IPEndPoint.MaxPort}. Choose another --port-offset.");
        }

        try
        {
            using var probe = new TcpListener(address, port);
            probe.Start();
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AccessDenied)
        {
            throw new NodeStartException(
                $"This user may not open port {port}, which the node needs for {user}. Choose higher ports with --port-offset.", exception);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            throw new NodeStartException($"{address} is not an address of this machine. Correct --advertise.", exception);
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
        return new(IPAddress.Loopback, Port(silo), Port(gateway), Port(http));

        static int Port(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
