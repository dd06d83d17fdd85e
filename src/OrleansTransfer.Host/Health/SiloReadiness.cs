using Microsoft.Extensions.Hosting;
using OrleansTransfer.Cluster.Scheduling;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Host.Health;

/// <summary>A member is ready when its silo is active and the scheduler knows its devices.</summary>
internal sealed class SiloReadiness(
    IClusterMembershipService membership,
    ILocalSiloDetails silo,
    NodeOfferService offer,
    IBlobContainer container,
    IHostApplicationLifetime lifetime) : Readiness(container, lifetime)
{
    /// <inheritdoc/>
    public override string? Refusal => offer.Refusal;

    /// <inheritdoc/>
    protected override ValueTask<string?> CheckClusterAsync(CancellationToken cancellationToken)
    {
        var status = membership.CurrentSnapshot.GetSiloStatus(silo.SiloAddress);
        if (status != SiloStatus.Active) return new($"The silo is {status}.");
        return new(offer.Accepted ? null : "The scheduler does not know this node's devices yet.");
    }
}
