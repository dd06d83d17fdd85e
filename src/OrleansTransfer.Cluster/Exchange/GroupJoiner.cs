using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using OrleansTransfer.Cluster.Exchange.Lanes;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Exchange;

/// <summary>Brings this node's workers into the exchange of their groups. One per silo.</summary>
public sealed class GroupJoiner(GroupRegistry groups, LaneOpener lanes, NodeIdentity identity, IOptions<ExchangeOptions> options)
{
    /// <summary>Joins a worker of this node; <see cref="Leave"/> undoes it.</summary>
    /// <exception cref="InvalidOperationException">A newer generation of the group exists.</exception>
    public GroupSession Join(WorkerAssignment assignment, GroupOrder order)
    {
        var key = KeyOf(order);
        return groups.Join(key, () => Create(key, order.Group, FingerprintOf(assignment.Recipe)));
    }

    /// <summary>Takes a worker of this node out; with the last one, the exchange ends here.</summary>
    public void Leave(GroupOrder order) => groups.Leave(KeyOf(order));

    // Nodes that would compute different steps refuse each other instead of adding up what does not belong together.
    private static ulong FingerprintOf(Recipe recipe) => BinaryPrimitives.ReadUInt64LittleEndian(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{ClusterVersion.Current}\n{RecipeWriter.ToYaml(recipe)}")));

    private static GroupKey KeyOf(GroupOrder order) => new(order.Experiment, order.Generation);

    private GroupSession Create(GroupKey key, IReadOnlyList<WorkerAddress> group, ulong fingerprint)
    {
        var nodes = group.Select(worker => worker.Node).Distinct().ToList();
        var links = lanes.Open(key, nodes, nodes.IndexOf(identity.Name), fingerprint);
        var firstRank = group.Index().First(pair => pair.Item.Node == identity.Name).Index;
        return new(key, firstRank, group.Count(worker => worker.Node == identity.Name), group.Count, links, options.Value);
    }
}
