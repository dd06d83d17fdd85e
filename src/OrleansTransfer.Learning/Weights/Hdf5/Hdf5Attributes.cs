using System.Text;

namespace OrleansTransfer.Learning.Weights.Hdf5;

/// <summary>Text that is attached to an object.</summary>
internal static class Hdf5Attributes
{
    private const int MaximumTexts = 100_000;

    /// <summary>
    /// The texts of the attribute <paramref name="name"/>, or null where there is none. Keras cuts one that would not fit into a header into
    /// <c>name0</c>, <c>name1</c> and so on.
    /// </summary>
    /// <exception cref="WeightsFormatException">It holds something else, or is damaged.</exception>
    public static IReadOnlyList<string>? Texts(Hdf5Input input, Hdf5Object owner, string name)
    {
        Dictionary<string, Hdf5Message> attributes = new(StringComparer.Ordinal);
        foreach (var message in owner.Messages)
            if (message.Kind == Hdf5MessageKind.Attribute) attributes.TryAdd(Attribute.NameOf(input, message), message);
        if (attributes.TryGetValue(name, out var whole)) return Read(input, whole);
        List<string> texts = [];
        var part = 0;
        for (; attributes.TryGetValue($"{name}{part}", out var message); part++) texts.AddRange(Read(input, message));
        return part > 0 ? texts : null;
    }

    private static List<string> Read(Hdf5Input input, Hdf5Message message)
    {
        var attribute = Attribute.Read(input, message);
        var count = attribute.Shape.Aggregate(1L, (product, dimension) => product * dimension);
        if (count == 0) return []; // of whatever type: an empty list has none, and h5py writes it as numbers
        if (count > MaximumTexts || count * attribute.Type.Size > attribute.Data.Length)
            throw input.Malformed(message.Address, $"the attribute '{attribute.Name}' of {count} texts is longer than its header");
        if (attribute.Type is not ({ Class: Hdf5TypeClass.Text } or { Class: Hdf5TypeClass.VariableLength, IsText: true, Size: 16 }))
            throw input.Malformed(message.Address, $"the attribute '{attribute.Name}' is no text");
        List<string> texts = [];
        for (var i = 0; i < (int)count; i++)
        {
            var element = attribute.Data.Span.Slice(i * attribute.Type.Size, attribute.Type.Size);
            var bytes = attribute.Type.Class == Hdf5TypeClass.Text ? element : FromHeap(input, element);
            var end = bytes.IndexOf((byte)0);
            texts.Add(Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]));
        }
        return texts;
    }

    // A length, then the address of a collection of texts and a text's number in it.
    private static ReadOnlySpan<byte> FromHeap(Hdf5Input input, ReadOnlySpan<byte> element)
    {
        const string what = "a collection of texts";
        var (length, address, index) = (Hdf5Input.U32(element, 0), Hdf5Input.U64(element, 4), Hdf5Input.U32(element, 12));
        var header = input.Read(address, 16, what);
        var size = Hdf5Input.U64(header, 8);
        if (!header.AsSpan().StartsWith("GCOL"u8) || size is < 16 or > int.MaxValue)
            throw input.Malformed(address, $"{what} is not where it is said to be");
        var heap = input.Read(address, (int)size, what);
        for (var at = 16; at + 16 <= heap.Length;)
        {
            var (found, bytes) = (Hdf5Input.U16(heap, at), Hdf5Input.U64(heap, at + 8));
            if (found == 0 || bytes > (ulong)(heap.Length - at - 16)) break;
            if (found == index && length <= bytes) return heap.AsSpan(at + 16, (int)length);
            at += 16 + (int)((bytes + 7) / 8 * 8);
        }
        throw input.Malformed(address, $"{what} lacks text {index}");
    }

    private sealed record Attribute(string Name, Hdf5Datatype Type, long[] Shape, ReadOnlyMemory<byte> Data)
    {
        private const int Prefix = 8;

        public static string NameOf(Hdf5Input input, Hdf5Message message) => Sections(input, message).Name;

        public static Attribute Read(Hdf5Input input, Hdf5Message message)
        {
            var (name, type, shape, data) = Sections(input, message);
            return new(
                name, Hdf5Datatype.Read(input, type.Span, message.Address), Hdf5Dataspace.Read(input, shape.Span, message.Address), data);
        }

        // Name, type and shape, whose lengths come first; in version 1 each is filled up to a multiple of 8.
        private static (string Name, ReadOnlyMemory<byte> Type, ReadOnlyMemory<byte> Shape, ReadOnlyMemory<byte> Data) Sections(
            Hdf5Input input, Hdf5Message message)
        {
            var data = message.Required(input, Prefix);
            var version = data[0];
            if (version is < 1 or > 3) throw input.Malformed(message.Address, $"an attribute is of version {version}; 1 to 3 are known");
            int[] lengths = [Hdf5Input.U16(data, 2), Hdf5Input.U16(data, 4), Hdf5Input.U16(data, 6)];
            var rest = message.Data[(version == 3 ? Prefix + 1 : Prefix)..];
            var sections = new ReadOnlyMemory<byte>[lengths.Length];
            for (var i = 0; i < lengths.Length; i++)
            {
                var filled = version == 1 ? (lengths[i] + 7) / 8 * 8 : lengths[i];
                if (filled > rest.Length) throw input.Malformed(message.Address, "an attribute is longer than its header");
                sections[i] = rest[..lengths[i]];
                rest = rest[filled..];
            }
            return (Encoding.UTF8.GetString(sections[0].Span.TrimEnd((byte)0)), sections[1], sections[2], rest);
        }
    }
}
