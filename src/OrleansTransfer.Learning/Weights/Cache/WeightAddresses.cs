using System.Net;
using System.Net.Sockets;

namespace OrleansTransfer.Learning.Weights.Cache;

/// <summary>
/// Which addresses weights may be fetched from. A recipe names a host, and whoever runs that name's DNS says where it is: so it is the address that a
/// connection is made to that is looked at, every time, after redirects, too.
/// </summary>
public sealed record WeightAddresses
{
    // Services of clouds that hand out credentials to whoever asks, besides link-local addresses: Alibaba, Azure, Oracle, AWS.
    private static readonly IPAddress[] s_metadata =
        [IPAddress.Parse("100.100.100.200"), IPAddress.Parse("168.63.129.16"), IPAddress.Parse("192.0.0.192"), IPAddress.Parse("fd00:ec2::254")];

    // 64:ff9b::/96, RFC 6052: IPv4 addresses within IPv6.
    private static readonly byte[] s_translated = [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Whether this machine's own addresses may be: as long as nobody else can ask for it. Default true.</summary>
    public bool Loopback { get; init; } = true;

    /// <summary>Hosts that whoever runs the node trusts, whatever their addresses are.</summary>
    public IReadOnlyList<string> Trusted { get; init; } = [];

    /// <summary>Why an address may not be fetched from, in words that follow it; null if it may.</summary>
    public string? Objection(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            var bytes = address.GetAddressBytes();
            if (bytes.AsSpan(0, s_translated.Length).SequenceEqual(s_translated)) address = new(bytes.AsSpan(s_translated.Length));
        }
        if (IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || IsZeroNetwork(address))
            return Loopback ? null : "is this node itself";
        if (address.IsIPv6LinkLocal || IsIPv4LinkLocal(address)) return "is a link-local address, as of metadata services";
        if (s_metadata.Contains(address)) return "is a metadata service";
        return address.IsIPv6Multicast || IsIPv4Multicast(address) ? "is a multicast address" : null;
    }

    /// <summary>Opens connections, to addresses that may be fetched from alone.</summary>
    internal async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        IPAddress[] addresses = IPAddress.TryParse(host, out var literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);
        // A proxy is of the node's own choosing, wherever it is, and resolves names itself.
        var wanted = HostOf(context.InitialRequestMessage.RequestUri!);
        if (wanted.Equals(host.Trim('[', ']'), StringComparison.OrdinalIgnoreCase)) Check(wanted, addresses);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Refuses an address that is written in a URL, which no name leads to; a proxy would go there, too.</summary>
    /// <exception cref="DownloadFailureException">It may not be fetched from.</exception>
    internal void Check(Uri url)
    {
        var host = HostOf(url);
        if (IPAddress.TryParse(host, out var address)) Check(host, [address]);
        else if (host.TrimEnd('.').Equals("localhost", StringComparison.OrdinalIgnoreCase)) Check(host, [IPAddress.Loopback]);
    }

    private static string HostOf(Uri url) => url.IdnHost.Trim('[', ']');

    private void Check(string host, IEnumerable<IPAddress> addresses)
    {
        if (Trusted.Contains(host, StringComparer.OrdinalIgnoreCase)) return;
        foreach (var address in addresses)
            if (Objection(address) is { } objection)
                throw new DownloadFailureException($"{host} ({address}) {objection}; recipes may not fetch from there (--weight-hosts)", false);
    }

    private static bool IsZeroNetwork(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] == 0;

    private static bool IsIPv4LinkLocal(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes() is [169, 254, _, _];

    private static bool IsIPv4Multicast(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] >= 224;
}
