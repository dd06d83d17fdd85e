using Microsoft.Extensions.DependencyInjection;
using OrleansTransfer.Cluster.Transport;
using OrleansTransfer.Gateway.Access;
using OrleansTransfer.Host.Security;

namespace OrleansTransfer.Host.Doctor;

/// <summary>Whom the node would let in: keys, tokens, certificates, the audit log and the folders that recipes may read.</summary>
internal static class SecurityChecks
{
    private const string Name = "security";

    public static IReadOnlyList<CheckResult> Make(NodeOptions options)
    {
        // Without an address there is nothing to say; that is told with the ports.
        if (NodePorts.Wanted(options, out _) is not { Address: var address }) return [];
        var security = options.Security;
        try
        {
            NodeAccess.Check(security, address);
            new ServiceCollection().AddApiAccess(NodeAccess.OptionsOf(security, address, options.Name ?? ""), TimeProvider.System);
            NodeReach.RootsFor(security, address);
            if (security.Tls is { } tls) _ = new NodeCertificates(tls, TimeProvider.System);
        }
        catch (Exception exception) when (exception is NodeStartException or FormatException)
        {
            return [CheckResult.Failed(Name, exception.Message, "Correct the option or the file; `otx node` would not start like this.")];
        }

        var callers = security switch
        {
            { ApiKeysFile: { } file, Jwt: not null } => $"keys of {file} and tokens",
            { ApiKeysFile: { } file } => $"keys of {file}",
            { Jwt: not null } => "tokens",
            { AllowAnonymous: true } => "nobody is asked for a key (--allow-anonymous)",
            _ => "this machine alone, without keys",
        };
        return [CheckResult.Ok(Name, $"{callers}; {(security.Tls is null ? "no mutual TLS" : "mutual TLS")} between nodes")];
    }
}
