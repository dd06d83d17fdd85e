using Microsoft.Extensions.DependencyInjection;
using OrleansTransfer.Cluster.Hosting;

namespace OrleansTransfer.Host.Membership;

/// <summary>
/// Stops the node, and says why, when its silo cannot go on: in most cases because the other nodes declared it dead while it was frozen or cut off.
/// </summary>
/// <remarks>Orleans' own handler ends the process with a dump, which tells users nothing, after two seconds in which the node still works.</remarks>
internal sealed class FatalErrors(NodeFault fault, NodeIdentity identity, IServiceProvider services) : IFatalErrorHandler
{
    /// <inheritdoc/>
    public bool IsUnexpected(Exception exception) => true;

    /// <inheritdoc/>
    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null) => fault.Stop(IsDeclaredDead()
        ? $"The cluster declared node {identity.Name} dead while it did not answer; it stops, so that nothing runs twice. Start it again."
        : $"Node {identity.Name} cannot go on: {exception?.GetBaseException().Message ?? context ?? "its silo failed"}");

    // Looked up when it is needed: the membership itself is built with this handler.
    private bool IsDeclaredDead() => services.GetRequiredService<IClusterMembershipService>().CurrentSnapshot
        .GetSiloStatus(services.GetRequiredService<ILocalSiloDetails>().SiloAddress) == SiloStatus.Dead;
}
