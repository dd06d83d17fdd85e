using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansTransfer.Cluster.Exchange;

namespace OrleansTransfer.Cluster.Tests.Exchange;

/// <summary>Connects sessions of one process as if each were a node: segments pass through the real codec, late and in any order.</summary>
internal sealed class InMemoryLinks(int self, GroupSession?[] sessions, Func<Task>? delay = null) : INodeLinks
{
    private static readonly Serializer<GradientSegment> s_serializer =
        new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer<GradientSegment>>();

    public int Self => self;

    public int Count => sessions.Length;

    public string NameOf(int node) => $"n{node}";

    public async Task DeliverAsync(int node, GradientSegment segment)
    {
        var message = s_serializer.SerializeToArray(segment);
        if (delay is not null) await delay();
        await sessions[node]!.AcceptAsync(s_serializer.Deserialize(message)!);
    }
}
