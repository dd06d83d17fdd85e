using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Host.Doctor;

namespace OrleansTransfer.Cli.Api;

/// <summary>Whether a running cluster can be reached, and whether a node of this release may join it.</summary>
internal static class ClusterChecks
{
    private const string Name = "cluster";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <param name="address">A node of the cluster.</param>
    /// <param name="access">What its API is shown and taken for.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    public static async Task<IReadOnlyList<CheckResult>> MakeAsync(Uri address, ApiAccess access, CancellationToken cancellationToken)
    {
        using var api = new HttpClusterApi(address, access);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(s_patience);
        try
        {
            var status = await api.GetStatusAsync(deadline.Token);
            var devices = status.Nodes.SelectMany(node => node.Devices).ToList();
            var free = devices.Count(device => device.Experiment is null);
            var found = $"{address}: {status.Nodes.Count} nodes, {devices.Count} devices, {free} of them free," +
                $" {status.Queue.Count} experiments wait";
            foreach (var node in status.Nodes)
            {
                if (node.Protocol != ClusterVersion.Protocol)
                {
                    return
                    [
                        new(Name, CheckState.Failed,
                            $"{found}; node {node.Name} is of version {node.Version}, protocol {node.Protocol}; this program is of" +
                            $" {ClusterVersion.Current}, protocol {ClusterVersion.Protocol}",
                            "Use the program of the cluster's release; nodes of two protocols refuse each other."),
                    ];
                }
            }

            return status.Nodes.Any(node => node.Version != ClusterVersion.Current)
                ? [new(Name, CheckState.Warning, $"{found}; some nodes are of another version than this program ({ClusterVersion.Current})",
                    "Finish the upgrade: a run's workers are all of one version, so devices of others may lie idle.")]
                : [new(Name, CheckState.Ok, found)];
        }
        catch (CliException exception)
        {
            return
            [
                new(Name, CheckState.Failed, exception.Message,
                    exception.ExitCode == ExitCodes.WrongInput
                        ? "Give the key of a caller who may look, with --api-key-file or OTX_API_KEY."
                        : "Start a node, or correct --cluster; in Kubernetes kubectl port-forward leads there."),
            ];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return
            [
                new(Name, CheckState.Failed, $"{address} takes connections and did not answer within {s_patience.TotalSeconds:0} s",
                    "Look at that node's log and at /health/ready: it may be frozen, cut off from the others, or shutting down."),
            ];
        }
    }
}
