namespace OrleansTransfer.Learning.Weights.Hdf5;

/// <summary>Kinds of messages in an object's header that are of use here; the numbers are the format's.</summary>
internal enum Hdf5MessageKind : ushort
{
    Dataspace = 0x01,
    Datatype = 0x03,
    ExternalFiles = 0x07,
    Layout = 0x08,
    Filters = 0x0B,
    Attribute = 0x0C,
    Continuation = 0x10,
    SymbolTable = 0x11,
}

/// <summary>A message of an object's header.</summary>
/// <param name="Kind">What it says; may be a kind that is not of use here.</param>
/// <param name="Data">How it says so.</param>
/// <param name="Address">Where the data lies in the file.</param>
internal sealed record Hdf5Message(Hdf5MessageKind Kind, ReadOnlyMemory<byte> Data, ulong Address)
{
    private const int HeaderPrefix = 16, MessagePrefix = 8;
    private const byte SharedFlag = 2;

    /// <summary>The messages of the object whose header (of version 1, which h5py writes by default) is at <paramref name="address"/>.</summary>
    /// <exception cref="WeightsFormatException">There is no such header.</exception>
    public static IReadOnlyList<Hdf5Message> ReadAll(Hdf5Input input, ulong address)
    {
        const string what = "the header of an object";
        var prefix = input.Read(address, HeaderPrefix, what);
        if (prefix[0] != 1) throw input.Malformed(address, $"{what} is of version {prefix[0]}, and this library reads 1, as Keras writes it");
        var announced = Hdf5Input.U16(prefix, 2);
        List<Hdf5Message> messages = [];
        Queue<(ulong Address, ulong Bytes)> blocks = new([(address + HeaderPrefix, Hdf5Input.U32(prefix, 8))]);
        while (blocks.TryDequeue(out var block))
        {
            if (block.Bytes > int.MaxValue) throw input.Malformed(block.Address, $"{what} is said to be {block.Bytes} bytes long");
            var bytes = input.Read(block.Address, (int)block.Bytes, what);
            for (var at = 0; at + MessagePrefix <= bytes.Length && messages.Count < announced;)
            {
                var (kind, size) = ((Hdf5MessageKind)Hdf5Input.U16(bytes, at), Hdf5Input.U16(bytes, at + 2));
                var data = at + MessagePrefix;
                if (data + size > bytes.Length) throw input.Malformed(block.Address + (ulong)at, $"a message in {what} is longer than the header");
                if ((bytes[at + 4] & SharedFlag) != 0 && Enum.IsDefined(kind))
                    throw input.Malformed(block.Address + (ulong)at, $"a message in {what} lies elsewhere, which Keras does not write");
                var message = new Hdf5Message(kind, bytes.AsMemory(data, size), block.Address + (ulong)data);
                messages.Add(message);
                if (kind == Hdf5MessageKind.Continuation)
                    blocks.Enqueue((Hdf5Input.U64(message.Required(input, 16), 0), Hdf5Input.U64(message.Data.Span, 8)));
                at = data + size;
            }
        }
        return messages;
    }

    /// <summary>The data, which must be <paramref name="least"/> bytes long at least.</summary>
    /// <exception cref="WeightsFormatException">It is shorter.</exception>
    public ReadOnlySpan<byte> Required(Hdf5Input input, int least) =>
        Data.Length >= least ? Data.Span : throw input.Malformed(Address, $"a message of kind {(int)Kind} has {Data.Length} bytes and needs {least}");
}
