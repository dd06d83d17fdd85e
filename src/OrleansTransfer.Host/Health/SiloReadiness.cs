using Microsoft.Extensions.Hosting;
using OrleansTransfer.Cluster.Scheduling;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Host.Health;

/// <summary>
/// Whether the node can take work: its silo is active, the scheduler knows its devices, its container answers, and it is not shutting down.
/// </summary>
internal sealed class Readiness(
    IClusterMembershipService membership,
    ILocalSiloDetails silo,
    NodeOfferService offer,
    IBlobContainer container,
    IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan s_containerDeadline = TimeSpan.FromSeconds(5);

    /// <summary>Null when the node is ready; otherwise what it lacks, in words.</summary>
    public async Task<string?> CheckAsync(CancellationToken cancellationToken)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested) return "The node is shutting down.";
        var status = membership.CurrentSnapshot.GetSiloStatus(silo.SiloAddress);
        if (status != SiloStatus.Active) return $"The silo is {status}.";
        if (!offer.Accepted) return "The scheduler does not know this node's devices yet.";
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(s_containerDeadline);
        try
        {
            await container.ReadAsync("health", deadline.Token);
            return null;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return $"{container.Description} cannot be read: {exception.Message}";
        }
    }
}
