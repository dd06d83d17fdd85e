using OrleansTransfer.Cluster.Transport;
using OrleansTransfer.Host.Membership;

namespace OrleansTransfer.Host.Doctor;

/// <summary>The first node, where the membership is kept there.</summary>
internal static class JoinCheck
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    public static async Task<IReadOnlyList<CheckResult>> MakeAsync(NodeOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var endpoint = await JoinTarget.ReachAsync(options.Join!, options.ClusterId, Certificates(options), s_patience, cancellationToken);
            return [CheckResult.Ok("join", $"{endpoint} takes connections, and a node like this one")];
        }
        catch (ClusterNotFoundException exception)
        {
            return
            [
                CheckResult.Failed("join", exception.Message,
                    "Start the first node with --advertise where it is on another machine, let this machine through to its silo port, and give both"
                    + " the same --cluster-id and --tls-... options."),
            ];
        }
    }

    // What is wrong with them is told with the security.
    private static NodeCertificates? Certificates(NodeOptions options) => NodePlan.Protect(options, []).Certificates;
}
