using System.Text;
using OrleansTransfer.Learning.Weights.PyTorch;

namespace OrleansTransfer.Learning.Weights.Keras;

/// <summary>What a group holds: names in a heap, and addresses in symbol nodes that a tree leads to.</summary>
internal static class HdfGroup
{
    private const int HeapPrefixBytes = 32, NodePrefixBytes = 8, EntryBytes = 40, MaximumNameBytes = 1024;
    private const uint Symbolic = 2;

    /// <summary>The entries of a group, in the file's order, which is that of their names.</summary>
    /// <exception cref="WeightsFormatException">It is malformed, or has an entry that is only a link to somewhere else.</exception>
    public static IEnumerable<(string Name, ulong Header, long From)> Entries(HdfInput input, HdfObject group, string what)
    {
        // Links to other files make a group one of the newer kind.
        if (group.Has(HdfMessage.Link) || group.Has(HdfMessage.LinkInfo))
            throw input.Malformed(group.Start, $"{what} can hold links to other places and files, which are not followed; Keras writes none");
        var table = group.Get(HdfMessage.SymbolTable);
        var at = table.Position;
        var (tree, heap) = (table.UInt64(), table.UInt64());
        var names = ReadHeap(input, heap, at + 8, what);
        foreach (var (key, address) in HdfTree.Leaves(input, tree, at, HdfTree.OfGroup, keyBytes: 8, what))
        {
            var prefix = input.Read(address, NodePrefixBytes, key.Position, $"a part of {what}");
            prefix.Expect("SNOD"u8);
            prefix.ExpectVersion(1);
            prefix.Skip(1);
            int count = prefix.UInt16();
            var node = input.Read(address + NodePrefixBytes, (ulong)(count * EntryBytes), key.Position, $"a part of {what}");
            for (var i = 0; i < count; i++)
            {
                var place = node.Position;
                var name = NameAt(input, names, node.UInt64(), place, what);
                var header = node.UInt64();
                if (node.UInt32() == Symbolic)
                    throw input.Malformed(place, $"{Quoted.Text(name)} in {what} is a link to another place, which is not followed");
                node.Skip(20);
                yield return (name, header, place + 8);
            }
        }
    }

    private static ReadOnlyMemory<byte> ReadHeap(HdfInput input, ulong address, long from, string what)
    {
        what = $"the list of names in {what}";
        var prefix = input.Read(address, HeapPrefixBytes, from, what);
        prefix.Expect("HEAP"u8);
        prefix.ExpectVersion(0);
        prefix.Skip(3);
        var at = prefix.Position;
        var bytes = prefix.UInt64();
        prefix.Skip(8); // free space
        var content = input.Read(prefix.UInt64(), bytes, at, what);
        return content.Take(content.Left).ToArray();
    }

    private static string NameAt(HdfInput input, ReadOnlyMemory<byte> heap, ulong offset, long from, string what)
    {
        var rest = offset < (ulong)heap.Length ? heap.Span[(int)offset..] : [];
        var end = rest[..Math.Min(rest.Length, MaximumNameBytes + 1)].IndexOf((byte)0);
        if (end <= 0) throw input.Malformed(from, $"an entry of {what} has no name of 1 to {MaximumNameBytes} bytes");
        var name = Encoding.UTF8.GetString(rest[..end]);
        return name.Contains('/') ? throw input.Malformed(from, $"the name {Quoted.Text(name)} in {what} has a slash") : name;
    }
}
