using Microsoft.Extensions.Hosting;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Contracts.Scheduling;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Host.Health;

/// <summary>A gateway is ready when the cluster's scheduler answers it and speaks its protocol.</summary>
internal sealed class ClientReadiness(IGrainFactory grains, IBlobContainer container, IHostApplicationLifetime lifetime)
    : Readiness(container, lifetime)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private volatile string? _refusal;

    /// <inheritdoc/>
    public override string? Refusal => _refusal;

    /// <inheritdoc/>
    protected override async ValueTask<string?> CheckClusterAsync(CancellationToken cancellationToken)
    {
        try
        {
            var status = await grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).GetStatus().WaitAsync(s_patience, cancellationToken);
            var foreign = status.Nodes.FirstOrDefault(node => node.Protocol != ClusterVersion.Protocol);
            _refusal = foreign is null ? null
                : $"it is of version {ClusterVersion.Current}, which speaks protocol {ClusterVersion.Protocol}, and node {foreign.Name} of version" +
                    $" {foreign.Version}, which speaks protocol {foreign.Protocol}. Start the gateways and the nodes of a cluster with one version";
            return _refusal ?? (status.Nodes.Count == 0 ? "The cluster has no nodes." : null);
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            return $"The cluster does not answer: {exception.Message}";
        }
    }
}
