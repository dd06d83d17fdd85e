using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;

namespace OrleansTransfer.Cluster.Transport;

/// <summary>What came of a greeting.</summary>
/// <param name="Facts">What the other node is; null where it could not be told.</param>
/// <param name="Problem">Why the two cannot talk, a sentence; null where they can.</param>
public sealed record GreetingAnswer(NodeFacts? Facts, string? Problem);

/// <summary>
/// How a node that wants to join finds out, before its silo starts, what would keep it out. It begins a connection to a silo's port with words that
/// begin nothing else there, and says whether it uses TLS; the other says likewise, in clear, and, where both do the same, what it is, over TLS where
/// they use it.
/// </summary>
public static class NodeGreeting
{
    private const byte InClear = 0, Encrypted = 1;
    private const int MaximumBytes = 4096;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    /// <summary>
    /// First bytes of a greeting, as many as of a lane. Read as the length that begins a connection between silos, they would be more than a
    /// gigabyte: releases that know no greeting close the connection.
    /// </summary>
    public static ReadOnlySpan<byte> Magic => "OTXHELO\n"u8;

    /// <summary>Greets another node.</summary>
    /// <param name="connected">To a port of its silo. It is of no more use afterwards.</param>
    /// <param name="certificates">This node's; null without TLS.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <returns>Null where no node answers that knows what this is, within the time that a handshake may take.</returns>
    public static async Task<GreetingAnswer?> AskAsync(Socket connected, NodeCertificates? certificates, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TlsConnection.Limit);
        var peer = TlsConnection.Shown(connected.RemoteEndPoint);
        var own = certificates is null ? InClear : Encrypted;
        try
        {
            await using var clear = new NetworkStream(connected, ownsSocket: false);
            await clear.WriteAsync(Opening(own), limit.Token).ConfigureAwait(false);
            if (await ReadOpeningAsync(clear, limit.Token).ConfigureAwait(false) is not { } theirs) return null;
            if (theirs != own)
            {
                return new(null, own == Encrypted
                    ? $"{Capital(peer)} uses no TLS with other nodes, and this one does: nodes of one cluster need --tls-cert, --tls-key and --tls-ca"
                        + " all, or none of them."
                    : $"{Capital(peer)} uses mutual TLS with other nodes, and this one does not: give it --tls-cert, --tls-key and --tls-ca.");
            }
            if (certificates is null) return new(await ReadAsync(clear, limit.Token).ConfigureAwait(false), null);
            await using var tls = new SslStream(clear);
            await TlsConnection.OpenAsync(tls, certificates, peer, limit.Token).ConfigureAwait(false);
            return new(await ReadAsync(tls, limit.Token).ConfigureAwait(false), null);
        }
        catch (AuthenticationException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new(null, e.Message);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or JsonException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
    }

    /// <summary>Answers a greeting, whose first bytes are still to be received.</summary>
    /// <param name="clear">The connection.</param>
    /// <param name="facts">What this node is.</param>
    /// <param name="certificates">This node's; null without TLS.</param>
    /// <param name="peer">Who is at the other end, for messages.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <returns>Why they cannot talk, a sentence; null where they can.</returns>
    internal static async Task<string?> AnswerAsync(
        Stream clear, NodeFacts facts, NodeCertificates? certificates, string peer, CancellationToken cancellationToken)
    {
        var own = certificates is null ? InClear : Encrypted;
        var theirs = await ReadOpeningAsync(clear, cancellationToken).ConfigureAwait(false);
        await clear.WriteAsync(Opening(own), cancellationToken).ConfigureAwait(false);
        if (theirs != own)
        {
            return own == Encrypted
                ? $"{Capital(peer)} wanted to join without TLS, which the others use."
                : $"{Capital(peer)} wanted to join with TLS, which the others do not use.";
        }
        if (certificates is null)
        {
            await WriteAsync(clear, facts, cancellationToken).ConfigureAwait(false);
            return null;
        }
        await using var tls = new SslStream(clear, leaveInnerStreamOpen: true);
        if (await TlsConnection.TakeAsync(tls, certificates, peer, cancellationToken).ConfigureAwait(false))
            await WriteAsync(tls, facts, cancellationToken).ConfigureAwait(false);
        return null;
    }

    private static byte[] Opening(byte kind) => [.. Magic, kind];

    private static async Task<byte?> ReadOpeningAsync(Stream stream, CancellationToken cancellationToken)
    {
        var opening = new byte[Magic.Length + 1];
        await stream.ReadExactlyAsync(opening, cancellationToken).ConfigureAwait(false);
        return opening.AsSpan().StartsWith(Magic) ? opening[^1] : null;
    }

    private static async Task WriteAsync(Stream stream, NodeFacts facts, CancellationToken cancellationToken)
    {
        var text = JsonSerializer.SerializeToUtf8Bytes(facts, s_json);
        var message = new byte[sizeof(int) + text.Length];
        BinaryPrimitives.WriteInt32LittleEndian(message, text.Length);
        text.CopyTo(message, sizeof(int));
        await stream.WriteAsync(message, cancellationToken).ConfigureAwait(false);
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task<NodeFacts?> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var length = new byte[sizeof(int)];
        await stream.ReadExactlyAsync(length, cancellationToken).ConfigureAwait(false);
        if (BinaryPrimitives.ReadInt32LittleEndian(length) is not (> 0 and <= MaximumBytes and var bytes)) return null;
        var text = new byte[bytes];
        await stream.ReadExactlyAsync(text, cancellationToken).ConfigureAwait(false);
        return JsonSerializer.Deserialize<NodeFacts>(text, s_json);
    }

    private static string Capital(string words) => char.ToUpperInvariant(words[0]) + words[1..];
}
