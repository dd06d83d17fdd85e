using System.Net;
using Microsoft.Extensions.DependencyInjection;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Cluster.Transport;
using OrleansTransfer.Gateway.Access;
using OrleansTransfer.Host.Membership;
using OrleansTransfer.Host.Security;

namespace OrleansTransfer.Host;

/// <summary>What a node's options come to on this machine, before anything is started or asked over the network.</summary>
/// <param name="Devices">Devices it offers; none of a gateway.</param>
/// <param name="Ports">Where it listens.</param>
/// <param name="Certificates">Mutual TLS with other nodes; null without.</param>
/// <param name="Https">HTTPS at its HTTP port; null without.</param>
internal sealed record NodePlan(IReadOnlyList<string> Devices, NodePorts Ports, NodeCertificates? Certificates, HttpsCertificate? Https)
{
    /// <summary>Looks at all options.</summary>
    /// <exception cref="NodeStartException">Some cannot be; says everything that is wrong with them.</exception>
    public static NodePlan Make(NodeOptions options)
    {
        List<string> problems = [];
        var devices = Try(problems, () => options.Role == NodeRole.Gateway ? [] : DeviceDiscovery.Parse(options.Devices));
        var ports = Try(problems, () => NodePorts.Choose(options));
        Try(problems, () => CheckName(options.ClusterId, "a cluster"));
        if (options.Name is { } name) Try(problems, () => CheckName(name, "a node"));
        Try(problems, () => ClusterEntry.Check(options));
        var (certificates, https) = Protect(options, problems);
        return problems.Count == 0 ? new(devices!, ports!, certificates, https) : throw NodeStartException.Of(problems);
    }

    /// <summary>Looks at the options that say whom the node lets in and what it shows, and at their files.</summary>
    /// <param name="options">The node's.</param>
    /// <param name="problems">Is told what is wrong, a sentence each.</param>
    public static (NodeCertificates? Certificates, HttpsCertificate? Https) Protect(NodeOptions options, List<string> problems)
    {
        var security = options.Security;

        // Without an address there is nothing to say of who reaches the node; what is wrong with it is told with the ports.
        if ((options.EphemeralPorts ? IPAddress.Loopback : NodePorts.Wanted(options, out _)?.Reached) is { } address)
        {
            Try(problems, () => NodeAccess.Check(security, address));
            Try(problems, () => NodeReach.RootsFor(security, address));
            Try(problems, () => new ServiceCollection().AddApiAccess(NodeAccess.OptionsOf(security, address, ""), TimeProvider.System));
        }
        return (
            Try(problems, () => security.Tls is { } tls ? new NodeCertificates(tls, TimeProvider.System) : null),
            Try(problems, () => security.Https is { } https ? new HttpsCertificate(https, TimeProvider.System) : null));
    }

    private static T? Try<T>(List<string> problems, Func<T> look) where T : class?
    {
        try
        {
            return look();
        }
        catch (Exception exception) when (exception is NodeStartException or FormatException)
        {
            problems.Add(exception.Message);
            return null;
        }
    }

    private static void Try(List<string> problems, Action look) => Try<object?>(problems, () =>
    {
        look();
        return null;
    });

    private static void CheckName(string name, string what)
    {
        if (name.Length is 0 or > 63 || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.'))
            throw new NodeStartException($"'{name}' cannot name {what}: a name has 1 to 63 ASCII letters, digits, '-', '_' or '.'.");
    }
}
