namespace OrleansTransfer.Learning.Weights.Keras;

/// <summary>HDF5's B-trees of version 1, which find the entries of a group and the chunks of a dataset.</summary>
internal static class HdfTree
{
    public const byte OfGroup = 0, OfChunks = 1;

    private const int PrefixBytes = 24, AddressBytes = 8;

    /// <summary>What the leaves of the tree at <paramref name="address"/> point at, each with the key before it, in order.</summary>
    /// <exception cref="WeightsFormatException">It is no such tree.</exception>
    public static IEnumerable<(HdfBlock Key, ulong Child)> Leaves(HdfInput input, ulong address, long from, byte kind, int keyBytes, string what)
    {
        what = $"the index of {what}";
        Stack<(ulong Address, long From, int? Level)> nodes = new([(address, from, null)]);
        while (nodes.TryPop(out var next))
        {
            var prefix = input.Read(next.Address, PrefixBytes, next.From, what);
            prefix.Expect("TREE"u8);
            prefix.ExpectVersion(kind);
            int level = prefix.Byte();
            if (next.Level is { } expected && level != expected) throw prefix.Malformed($"has a node of level {level} where {expected} should be");
            int entries = prefix.UInt16();
            var node = input.Read(next.Address + PrefixBytes, (ulong)(entries * (keyBytes + AddressBytes)), next.From, what);
            List<(ulong Address, long From, int? Level)> children = [];
            for (var i = 0; i < entries; i++)
            {
                var key = node.Part(keyBytes, what);
                var at = node.Position;
                var child = node.UInt64();
                if (level == 0) yield return (key, child);
                else children.Add((child, at, level - 1));
            }
            // The stack hands out the last one first.
            for (var i = children.Count - 1; i >= 0; i--) nodes.Push(children[i]);
        }
    }
}
