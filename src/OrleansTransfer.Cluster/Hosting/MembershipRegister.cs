using Orleans.Runtime;

namespace OrleansTransfer.Cluster.Hosting;

/// <summary>The register of a silo: its own view of the membership.</summary>
internal sealed class MembershipRegister(IClusterMembershipService membership) : ISiloRegister
{
    /// <inheritdoc/>
    public bool Contains(string silo) => membership.CurrentSnapshot.Members.Keys.Any(member => member.ToString() == silo);
}
