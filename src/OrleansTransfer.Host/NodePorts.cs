using System.Net;
using System.Net.Sockets;

namespace OrleansTransfer.Host;

/// <summary>Where a node listens: three ports of one address.</summary>
/// <param name="Address">Where others reach it.</param>
/// <param name="Listen">Where it listens: the same, unless something between the others and it leads from one to the other.</param>
/// <param name="Silo">Where other nodes talk to it.</param>
/// <param name="Gateway">Where Orleans clients talk to it.</param>
/// <param name="Http">Where its API, health and metrics are.</param>
internal sealed record NodePorts(IPAddress Address, IPAddress Listen, int Silo, int Gateway, int Http)
{
    /// <summary>The ports without an offset.</summary>
    public const int DefaultSilo = 11111, DefaultGateway = 30000, DefaultHttp = 8080;

    /// <summary>The addresses at which it listens for HTTP: loopback as well.</summary>
    public IReadOnlyList<IPAddress> HttpAddresses =>
        IPAddress.IsLoopback(Listen) || Listen.Equals(IPAddress.Any) ? [Listen] : [Listen, IPAddress.Loopback];

    /// <summary>The address that says who reaches the node: a loopback one where only this machine does.</summary>
    public IPAddress Reached => IPAddress.IsLoopback(Listen) ? Address : Listen;

    /// <summary>The address and the ports these options ask for, all of them free at this moment.</summary>
    /// <exception cref="NodeStartException">A port is in use or does not exist, or the address is none of this machine's.</exception>
    public static NodePorts Choose(NodeOptions options)
    {
        if (options.EphemeralPorts) return Ephemeral();
        if (Wanted(options, out var problem) is not { } ports) throw new NodeStartException(problem!);
        return ports.Problems(options).FirstOrDefault() is { } first ? throw new NodeStartException(first) : ports;
    }

    /// <summary>The address and the ports these options ask for, free or not; null, and why, where the address can be none.</summary>
    public static NodePorts? Wanted(NodeOptions options, out string? problem)
    {
        problem = null;
        var address = IPAddress.Loopback;
        if (options.Advertise is { } advertise
            && (!IPAddress.TryParse(advertise, out address!) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)))
        {
            problem = $"'{advertise}' is not an address under which other nodes could reach this one: --advertise takes an IP address of this"
                + " machine, or with --listen one that leads to it.";
            return null;
        }
        var listen = address;
        if (options.Listen is { } text && (!IPAddress.TryParse(text, out listen!) || listen.Equals(IPAddress.IPv6Any)))
        {
            problem = $"'{text}' is not an address to listen at: --listen takes an IP address of this machine, or 0.0.0.0 for all of them.";
            return null;
        }

        return new(
            address, listen, DefaultSilo + options.PortOffset, DefaultGateway + options.PortOffset, DefaultHttp + options.PortOffset);
    }

    /// <summary>Why the ports cannot be had at this moment, a sentence each.</summary>
    public IEnumerable<string> Problems(NodeOptions options)
    {
        var offset = options.PortOffset;
        string?[] orleans = options.Role == NodeRole.Gateway
            ? []
            : [Check(Listen, Silo, "other nodes", offset), Check(Listen, Gateway, "Orleans clients", offset)];
        return orleans.Concat(HttpAddresses.Select(address => Check(address, Http, "the HTTP API", offset))).OfType<string>().Distinct();
    }

    private static string? Check(IPAddress address, int port, string user, int offset)
    {
        if (port is < 1 or > IPEndPoint.MaxPort)
            return $"The port offset {offset} leads to port {port} for {user}; ports go from 1 to {IPEndPoint.MaxPort}. Choose another --port-offset.";
        try
        {
            using var probe = new TcpListener(address, port);
            probe.Start();
            return null;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode switch
            {
                SocketError.AccessDenied =>
                    $"This user may not open port {port}, which the node needs for {user}. Choose higher ports with --port-offset.",
                SocketError.AddressNotAvailable => $"{address} is not an address of this machine. Correct --advertise, or give --listen.",
                _ => $"Port {port}, which the node needs for {user}, is in use by another process." +
                    $" Stop that process, or choose other ports with --port-offset (now {offset}).",
            };
        }
    }

    private static NodePorts Ephemeral()
    {
        // All three are held open together, so that they differ.
        using TcpListener silo = new(IPAddress.Loopback, 0), gateway = new(IPAddress.Loopback, 0), http = new(IPAddress.Loopback, 0);
        silo.Start();
        gateway.Start();
        http.Start();
        return new(IPAddress.Loopback, IPAddress.Loopback, Port(silo), Port(gateway), Port(http));

        static int Port(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
