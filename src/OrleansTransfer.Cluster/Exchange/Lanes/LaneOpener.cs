using System.Net;
using Microsoft.Extensions.Options;
using Orleans.Runtime;

namespace OrleansTransfer.Cluster.Exchange.Lanes;

/// <summary>Opens this node's lanes for the groups it joins. One per silo.</summary>
/// <param name="membership">Where nodes are.</param>
/// <param name="options">How long to try.</param>
/// <param name="tls">Encrypts lanes; null where connections between silos are not encrypted either.</param>
public sealed class LaneOpener(IClusterMembershipService membership, IOptions<ExchangeOptions> options, LaneTls? tls = null)
{
    /// <summary>
    /// The lanes of this node within a group: begins to open those to nodes before it; those after it open theirs. They are open when
    /// <see cref="LaneSet.Connected"/> says so.
    /// </summary>
    /// <param name="key">The group.</param>
    /// <param name="nodes">Names of its nodes, in rank order.</param>
    /// <param name="self">Index of this node among them.</param>
    /// <param name="fingerprint">Hash of what all nodes must agree on: see <see cref="LaneSet"/>.</param>
    public LaneSet Open(GroupKey key, IReadOnlyList<string> nodes, int self, ulong fingerprint = 0)
    {
        var lanes = new LaneSet(self, nodes, fingerprint);
        for (var node = 0; node < self; node++)
        {
            var name = nodes[node];
            LaneConnector.Open(lanes, key, node, () => Locate(name), options.Value.JoinDeadline, tls);
        }
        return lanes;
    }

    private IPEndPoint? Locate(string name) => membership.CurrentSnapshot.Members.Values
        .FirstOrDefault(member => member.Name == name && member.Status == SiloStatus.Active)?.SiloAddress.Endpoint;
}
