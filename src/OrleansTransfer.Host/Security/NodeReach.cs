using System.Net;
using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Learning.Weights.Cache;

namespace OrleansTransfer.Host.Security;

/// <summary>What recipes can make a node read and fetch, by who can hand recipes in.</summary>
internal static class NodeReach
{
    /// <summary>The folders: where only this machine's users reach the node, all that they do not bound themselves.</summary>
    /// <exception cref="NodeStartException">One is no absolute path.</exception>
    public static DataRoots RootsFor(SecurityOptions security, IPAddress address)
    {
        if (security.DataRoots is null && IPAddress.IsLoopback(address)) return DataRoots.Unconfined;
        const StringSplitOptions clean = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;
        try
        {
            return DataRoots.Within((security.DataRoots ?? "").Split(Path.PathSeparator, clean));
        }
        catch (FormatException e)
        {
            throw new NodeStartException(e.Message, e);
        }
    }

    /// <summary>The addresses: this machine's own only where nobody else hands recipes in.</summary>
    public static WeightAddresses AddressesFor(SecurityOptions security, IPAddress address) => new()
    {
        Loopback = IPAddress.IsLoopback(address),
        Trusted = (security.WeightHosts ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
    };
}
