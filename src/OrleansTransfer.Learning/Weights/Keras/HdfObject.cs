namespace OrleansTransfer.Learning.Weights.Keras;

/// <summary>What the header of a group or dataset consists of.</summary>
internal enum HdfMessage
{
    Dataspace = 0x01,
    LinkInfo = 0x02,
    Datatype = 0x03,
    Link = 0x06,
    ExternalFiles = 0x07,
    Layout = 0x08,
    Filters = 0x0B,
    Continuation = 0x10,
    SymbolTable = 0x11,
}

/// <summary>The header of a group or dataset: its first message of each kind that matters here. Attributes are passed over.</summary>
internal sealed class HdfObject
{
    private const int PrefixBytes = 16, MessagePrefixBytes = 8;
    private const byte Shared = 2;

    private readonly HdfInput _input;
    private readonly string _what;
    private readonly Dictionary<HdfMessage, (HdfBlock Body, byte Flags)> _messages = [];

    /// <summary>Reads the header at <paramref name="address"/>, which stands at the place <paramref name="from"/>.</summary>
    /// <exception cref="WeightsFormatException">It is none, or of a newer kind than Keras writes.</exception>
    public HdfObject(HdfInput input, ulong address, long from, string what)
    {
        (_input, _what, Start) = (input, what, (long)Math.Min(address, (ulong)input.FileBytes));
        var prefix = input.Read(address, PrefixBytes, from, $"the header of {what}");
        if (prefix.BeginsWith("OHDR"u8)) throw input.Malformed(Start, Hdf.Newer);
        prefix.ExpectVersion(1);
        prefix.Skip(1);
        int messages = prefix.UInt16();
        prefix.Skip(4); // number of links to it
        Queue<(ulong Address, ulong Bytes, long From)> blocks = new([(address + PrefixBytes, prefix.UInt32(), prefix.Position)]);
        while (messages > 0 && blocks.TryDequeue(out var next))
        {
            var block = input.Read(next.Address, next.Bytes, next.From, $"the header of {what}");
            for (; messages > 0 && block.Left >= MessagePrefixBytes; messages--)
            {
                var (kind, bytes, flags) = ((HdfMessage)block.UInt16(), block.UInt16(), block.Byte());
                block.Skip(3);
                var body = block.Part(bytes, $"a message in the header of {what}");
                if (kind == HdfMessage.Continuation) blocks.Enqueue((body.UInt64(), body.UInt64(), body.Position - 16));
                else _messages.TryAdd(kind, (body, flags));
            }
        }
    }

    /// <summary>Where it begins in the file.</summary>
    public long Start { get; }

    public bool Has(HdfMessage kind) => _messages.ContainsKey(kind);

    /// <summary>The message of that kind.</summary>
    /// <exception cref="WeightsFormatException">There is none, or it stands elsewhere, as a type with a name of its own does.</exception>
    public HdfBlock Get(HdfMessage kind)
    {
        if (!_messages.TryGetValue(kind, out var message)) throw _input.Malformed(Start, $"{_what} has no {kind.ToString().ToLowerInvariant()}");
        if ((message.Flags & Shared) != 0)
            throw _input.Malformed(Start, $"{_what} shares its {kind.ToString().ToLowerInvariant()} with other objects, which Keras does not do");
        return message.Body;
    }
}
