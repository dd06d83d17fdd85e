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
public readonly record struct LaneHandshake(GroupKey Key, int Node)
{
    private const int MaximumText = 1024;
    private const int Version = 1;

    /// <summary>First bytes of a lane. Read as the length that begins a connection between silos, they would be more than a gigabyte.</summary>
    public static ReadOnlySpan<byte> Magic => "OTXLANE\n"u8;

    /// <summary>Sends the handshake, magic included.</summary>
    public void Send(Socket socket)
    {
        var experiment = Encoding.UTF8.GetBytes(Key.Experiment);
        var message = new byte[Magic.Length + 4 * sizeof(int) + experiment.Length];
        Magic.CopyTo(message);
        var rest = message.AsSpan(Magic.Length);
        BinaryPrimitives.WriteInt32LittleEndian(rest, Version);
        BinaryPrimitives.WriteInt32LittleEndian(rest[4..], Key.Generation);
        BinaryPrimitives.WriteInt32LittleEndian(rest[8..], Node);
        BinaryPrimitives.WriteInt32LittleEndian(rest[12..], experiment.Length);
        experiment.CopyTo(rest[16..]);
        SendAll(socket, message);
    }

    /// <summary>Receives what <see cref="Send"/> sends.</summary>
    /// <exception cref="LaneException">It is something else, or of another version.</exception>
    public static LaneHandshake Receive(Socket socket)
    {
        Span<byte> fixedPart = stackalloc byte[Magic.Length + 4 * sizeof(int)];
        ReceiveAll(socket, fixedPart);
        if (!fixedPart[..Magic.Length].SequenceEqual(Magic)) throw new LaneException("it did not begin a lane");
        var rest = fixedPart[Magic.Length..];
        var version = BinaryPrimitives.ReadInt32LittleEndian(rest);
        if (version != Version) throw new LaneException($"it speaks version {version} of the exchange, and this node version {Version}");
        var (generation, node) = (BinaryPrimitives.ReadInt32LittleEndian(rest[4..]), BinaryPrimitives.ReadInt32LittleEndian(rest[8..]));
        return new(new(ReceiveText(socket, BinaryPrimitives.ReadInt32LittleEndian(rest[12..])), generation), node);
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

    private static void SendAll(Socket socket, ReadOnlySpan<byte> bytes)
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
