using System.Security.Cryptography.X509Certificates;
using OrleansTransfer.Cluster.Transport;
using OrleansTransfer.Host.Security;

namespace OrleansTransfer.Host.Doctor;

/// <summary>Whom the node would let in: keys, tokens, certificates, the audit log and the folders that recipes may read.</summary>
internal static class SecurityChecks
{
    private const string Name = "security", Https = "https";

    private static readonly TimeSpan s_soon = TimeSpan.FromDays(14);

    public static IReadOnlyList<CheckResult> Make(NodeOptions options)
    {
        // Without an address there is nothing to say; that is told with the ports.
        if (NodePorts.Wanted(options, out _) is not { Reached: var address }) return [];
        var security = options.Security;
        List<string> problems = [];
        var (_, https) = NodePlan.Protect(options, problems);
        if (problems.Count > 0)
        {
            return [.. problems.Select(problem => CheckResult.Failed(
                Name, problem, "Correct the option or the file; `otx node` would not start like this."))];
        }

        var callers = security switch
        {
            { ApiKeysFile: { } file, Jwt: not null } => $"keys of {file} and tokens",
            { ApiKeysFile: { } file } => $"keys of {file}",
            { Jwt: not null } => "tokens",
            { AllowAnonymous: true } => "nobody is asked for a key (--allow-anonymous)",
            _ => "this machine alone, without keys",
        };
        var found = $"{callers}; {(security.Tls is null ? "no mutual TLS" : "mutual TLS")} between nodes";
        var access = NodeAccess.SendsKeysInTheClear(security, address)
            ? CheckResult.Warning(Name, $"{found}; keys cross the network unencrypted",
                "Give --https-cert and --https-key, unless a proxy that ends HTTPS is all that reaches this node.")
            : CheckResult.Ok(Name, found);
        return https is null ? [access] : [access, OfCertificate(https.Current)];
    }

    private static CheckResult OfCertificate(X509Certificate2 certificate)
    {
        var names = CertificateNames.Of(certificate);
        var until = certificate.NotAfter.ToUniversalTime();
        var found = $"'{certificate.Subject}' for {(names.Count == 0 ? "no name that clients could check" : string.Join(", ", names))},"
            + $" valid until {until:u}";
        return (until - DateTime.UtcNow < s_soon, names.Count) switch
        {
            (true, _) => CheckResult.Warning(Https, found, "Renew it; a node reads the files again when they change."),
            (_, 0) => CheckResult.Warning(Https, found, "Issue one with subject alternative names: what clients put after https://."),
            _ => CheckResult.Ok(Https, found),
        };
    }
}
