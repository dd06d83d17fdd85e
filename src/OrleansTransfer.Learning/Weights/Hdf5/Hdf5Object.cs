using System.Text;

namespace OrleansTransfer.Learning.Weights.Hdf5;

/// <summary>An object of an HDF5 file: a group, which holds others by name, or a dataset.</summary>
internal sealed class Hdf5Object
{
    private const int NodePrefix = 24, SymbolSize = 40, LeafPrefix = 8;
    private const int SymbolicLink = 2;
    private const int MaximumLevel = 16;

    private readonly Hdf5Input _input;
    private readonly ulong _address;
    private Dictionary<string, ulong?>? _links;

    public Hdf5Object(Hdf5Input input, ulong address)
    {
        (_input, _address) = (input, address);
        Messages = Hdf5Message.ReadAll(input, address);
    }

    /// <summary>What its header says.</summary>
    public IReadOnlyList<Hdf5Message> Messages { get; }

    /// <summary>The root group of a file.</summary>
    /// <exception cref="WeightsFormatException">The file is not HDF5 as Keras writes it.</exception>
    public static Hdf5Object Root(Hdf5Input input)
    {
        const int length = 96;
        const string what = "the superblock";
        var block = input.Read(0, (int)Math.Min(length, input.File.Length), what);
        if (block.Length < length) throw input.Malformed((ulong)block.Length, $"the file ends {length - block.Length} bytes early, inside {what}");
        if (block[8] > 0)
        {
            throw input.Malformed(
                8, $"{what} is of version {block[8]}, and this library reads 0, as Keras writes it: save the weights with h5py's default");
        }
        if (block[13] != 8 || block[14] != 8) throw input.Malformed(13, "addresses and lengths are not 8 bytes long");
        if (Hdf5Input.U64(block, 24) != 0) throw input.Malformed(24, "the file does not begin at its beginning");
        var end = Hdf5Input.U64(block, 40);
        if (end > (ulong)input.File.Length)
            throw input.Malformed((ulong)input.File.Length, $"the file ends {end - (ulong)input.File.Length} bytes early");
        return new(input, Hdf5Input.U64(block, 64));
    }

    /// <summary>The object of that name in this group; null where there is none.</summary>
    /// <exception cref="WeightsFormatException">This is no group, or the name leads elsewhere than to an object of this file.</exception>
    public Hdf5Object? Find(string name)
    {
        _links ??= ReadLinks();
        if (!_links.TryGetValue(name, out var address)) return null;
        return new(_input, address ?? throw _input.Malformed(_address, $"'{name}' is a link to another place, which is not followed"));
    }

    /// <summary>The object that <paramref name="path"/> names, with slashes between names; null where there is none.</summary>
    public Hdf5Object? FindPath(string path)
    {
        var found = this;
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (found.Find(name) is not { } next) return null;
            found = next;
        }
        return found;
    }

    private Dictionary<string, ulong?> ReadLinks()
    {
        var table = Messages.FirstOrDefault(message => message.Kind == Hdf5MessageKind.SymbolTable)
            ?? throw _input.Malformed(_address, "an object that is to hold others is no group");
        var addresses = table.Required(_input, 16);
        var (tree, heap) = (Hdf5Input.U64(addresses, 0), Hdf5Input.U64(addresses, 8));

        const string heapName = "the names of a group";
        var header = _input.Read(heap, 32, heapName);
        if (!header.AsSpan().StartsWith("HEAP"u8)) throw _input.Malformed(heap, $"{heapName} are not where they are said to be");
        var (size, names) = (Hdf5Input.U64(header, 8), Hdf5Input.U64(header, 24));
        if (size > int.MaxValue) throw _input.Malformed(heap, $"{heapName} take {size} bytes");
        var text = _input.Read(names, (int)size, heapName);

        Dictionary<string, ulong?> links = new(StringComparer.Ordinal);
        ReadTree(tree, MaximumLevel, text, links);
        return links;
    }

    private void ReadTree(ulong address, int above, byte[] names, Dictionary<string, ulong?> links)
    {
        const string what = "the index of a group";
        var node = _input.Read(address, NodePrefix, what);
        if (!node.AsSpan().StartsWith("TREE"u8) || node[4] != 0) throw _input.Malformed(address, $"{what} is not where it is said to be");
        int level = node[5], children = Hdf5Input.U16(node, 6);
        if (level >= above) throw _input.Malformed(address, $"{what} has a level {level} below a level {above}");
        var entries = _input.Read(address + NodePrefix, children * 16 + 8, what); // a key before and after each child
        for (var i = 0; i < children; i++)
        {
            var child = Hdf5Input.U64(entries, 8 + 16 * i);
            if (level > 0) ReadTree(child, level, names, links);
            else ReadLeaf(child, names, links);
        }
    }

    private void ReadLeaf(ulong address, byte[] names, Dictionary<string, ulong?> links)
    {
        const string what = "the entries of a group";
        var leaf = _input.Read(address, LeafPrefix, what);
        if (!leaf.AsSpan().StartsWith("SNOD"u8)) throw _input.Malformed(address, $"{what} are not where they are said to be");
        int count = Hdf5Input.U16(leaf, 6);
        var entries = _input.Read(address + LeafPrefix, count * SymbolSize, what);
        for (var i = 0; i < count; i++)
        {
            var entry = entries.AsSpan(i * SymbolSize, SymbolSize);
            var at = Hdf5Input.U64(entry, 0);
            var end = at < (ulong)names.Length ? Array.IndexOf(names, (byte)0, (int)at) : -1;
            if (end < 0) throw _input.Malformed(address, "a name lies beyond the names of its group");
            var name = Encoding.UTF8.GetString(names, (int)at, end - (int)at);
            ulong? target = Hdf5Input.U32(entry, 16) == SymbolicLink ? null : Hdf5Input.U64(entry, 8);
            if (!links.TryAdd(name, target)) throw _input.Malformed(address, $"the name '{name}' occurs twice in a group");
        }
    }
}
