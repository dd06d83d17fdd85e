using System.Net;
using OrleansTransfer.Gateway.Access;
using OrleansTransfer.Host.Metrics;

namespace OrleansTransfer.Host.Security;

/// <summary>Whom a node's API answers, by where it listens.</summary>
internal static class NodeAccess
{
    /// <summary>Refuses options that would let anybody in who is not meant to be.</summary>
    /// <exception cref="NodeStartException">They would, or they contradict each other.</exception>
    public static void Check(SecurityOptions security, IPAddress address)
    {
        var asks = security.ApiKeysFile is not null || security.Jwt is not null;
        if (asks && security.AllowAnonymous)
            throw new NodeStartException("--allow-anonymous contradicts --api-keys and --jwt-...: with keys or tokens, nobody gets in without.");
        if (security.ProtectMetrics && !asks)
            throw new NodeStartException("--protect-metrics needs --api-keys or --jwt-...: there is no key that /metrics could ask for.");
        if (asks || security.AllowAnonymous || IPAddress.IsLoopback(address)) return;
        throw new NodeStartException(
            $"At {address} the API of this node would answer anybody. Give --api-keys FILE ('otx keys create --file FILE --name NAME --role admin'"
            + " makes the first key), or say --allow-anonymous where something else keeps strangers out.");
    }

    /// <summary>Whether keys or tokens that the API asks for reach it over a network in the clear.</summary>
    public static bool SendsKeysInTheClear(SecurityOptions security, IPAddress address) =>
        security is { Https: null } and not { ApiKeysFile: null, Jwt: null } && !IPAddress.IsLoopback(address);

    /// <summary>The API's options.</summary>
    public static AccessOptions OptionsOf(SecurityOptions security, IPAddress address, string node)
    {
        var loopbackOnly = IPAddress.IsLoopback(address) && security is { ApiKeysFile: null, Jwt: null, AllowAnonymous: false };
        return new()
        {
            KeysFile = security.ApiKeysFile,
            Jwt = security.Jwt,
            LoopbackOnly = loopbackOnly,
            OpenPaths = security.ProtectMetrics ? [] : [NodeMetrics.Path],
            Node = node,
            AuditFile = security.AuditFile,

            // Everybody there is one caller, and the one whose machine it is.
            Limits = loopbackOnly
                ? security.Limits with { RequestsPerSecond = security.Limits.RequestsPerSecond ?? 0, StreamsPerCaller = 0 }
                : security.Limits,
        };
    }
}
