using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace OrleansTransfer.Cluster.Exchange.Lanes;

/// <summary>
/// How a lane begins. The node that opens it says which group it is for, and which node of the group it is itself; the other answers that it is
/// welcome, or why not.
/// </summary>
/// <param name="Key">Experiment and generation.</param>
/// <param name="Node">Index of the opening node within the group.</param>
/// <param name="Fingerprint">What both nodes must agree on besides: see <see cref="LaneSet"/>.</param>
public readonly record struct LaneHandshake(GroupKey Key, int Node, ulong Fingerprint)
{
    private const int MaximumText = 1024;
    private const int Version = 2;

    // Generation, node, fingerprint and length of the experiment's name, behind the version.
    private const int FixedBytes = 3 * sizeof(int) + sizeof(ulong);

    /// <summary>First bytes of a lane. Read as the length that begins a connection between silos, they would be more than a gigabyte.</summary>
    public static ReadOnlySpan<byte> Magic => "OTXLANE\n"u8;

    /// <summary>Sends the handshake, magic included.</summary>
    public void Send(Socket socket)
    {
        var experiment = Encoding.UTF8.GetBytes(Key.Experiment);
        var message = new byte[Magic.Length + sizeof(int) + FixedBytes + experiment.Length];
        Magic.CopyTo(message);
        var rest = message.AsSpan(Magic.Length);
        BinaryPrimitives.WriteInt32LittleEndian(rest, Version);
        BinaryPrimitives.WriteInt32LittleEndian(rest[4..], Key.Generation);
        BinaryPrimitives.WriteInt32LittleEndian(rest[8..], Node);
        BinaryPrimitives.WriteUInt64LittleEndian(rest[12..], Fingerprint);
        BinaryPrimitives.WriteInt32LittleEndian(rest[20..], experiment.Length);
        experiment.CopyTo(rest[24..]);
        SendAll(socket, message);
    }

    /// <summary>Receives what <see cref="Send"/> sends. Of other versions only the beginning is known; they are answered in words.</summary>
    /// <exception cref="LaneException">It is something else, or of another version.</exception>
    public static LaneHandshake Receive(Socket socket)
    {
        ReceiveMagic(socket);
        Span<byte> beginning = stackalloc byte[sizeof(int)];
        ReceiveAll(socket, beginning);
        var version = BinaryPrimitives.ReadInt32LittleEndian(beginning);
        if (version != Version)
        {
            Answer(socket, $"it speaks version {Version} of the exchange, and not version {version}");
            throw new LaneException($"it speaks version {version} of the exchange, and this node version {Version}");
        }

        Span<byte> rest = stackalloc byte[FixedBytes];
        ReceiveAll(socket, rest);
        var (generation, node) = (BinaryPrimitives.ReadInt32LittleEndian(rest), BinaryPrimitives.ReadInt32LittleEndian(rest[4..]));
        var fingerprint = BinaryPrimitives.ReadUInt64LittleEndian(rest[8..]);
        return new(new(ReceiveText(socket, BinaryPrimitives.ReadInt32LittleEndian(rest[16..])), generation), node, fingerprint);
    }

    /// <summary>Receives the first bytes of a lane.</summary>
    /// <exception cref="LaneException">They are something else.</exception>
    internal static void ReceiveMagic(Socket socket)
    {
        Span<byte> magic = stackalloc byte[Magic.Length];
        ReceiveAll(socket, magic);
        if (!magic.SequenceEqual(Magic)) throw new LaneException("it did not begin a lane");
    }

    /// <summary>Answers a handshake: null welcomes, any text says why not.</summary>
    public static void Answer(Socket socket, string? refusal)
    {
        var text = Encoding.UTF8.GetBytes(refusal ?? "");
        if (text.Length > MaximumText) text = text[..MaximumText];
        var message = new byte[sizeof(int) + text.Length];
        BinaryPrimitives.WriteInt32LittleEndian(message, text.Length);
        text.CopyTo(message, sizeof(int));
        SendAll(socket, message);
    }

    /// <summary>Waits for the answer.</summary>
    /// <exception cref="LaneException">The other node refused.</exception>
    public static void ReceiveAnswer(Socket socket)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        ReceiveAll(socket, length);
        var refusal = ReceiveText(socket, BinaryPrimitives.ReadInt32LittleEndian(length));
        if (refusal.Length > 0) throw new LaneException($"it refused: {refusal}");
    }

    private static string ReceiveText(Socket socket, int length)
    {
        if (length is < 0 or > MaximumText) throw new LaneException("it did not begin a lane");
        var text = new byte[length];
        ReceiveAll(socket, text);
        return Encoding.UTF8.GetString(text);
    }

    internal static void SendAll(Socket socket, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[socket.Send(bytes)..];
    }

    private static void ReceiveAll(Socket socket, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var received = socket.Receive(bytes);
            if (received == 0) throw new LaneException("it closed the connection");
            bytes = bytes[received..];
        }
    }
}
