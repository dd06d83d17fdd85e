using System.Text;

namespace OrleansTransfer.Tests;

/// <summary>Writes a SentencePiece model of few pieces, field by field of its protocol buffer.</summary>
internal static class SentencePieceFile
{
    private const int Normal = 1, Unknown = 2, Control = 3;

    /// <summary>The bytes of a unigram model: the unknown piece, beginning and end, then <paramref name="pieces"/>.</summary>
    public static byte[] Unigram(params (string Piece, float Score)[] pieces) =>
    [
        .. Piece("<unk>", 0, Unknown), .. Piece("<s>", 0, Control), .. Piece("</s>", 0, Control),
        .. pieces.SelectMany(piece => Piece(piece.Piece, piece.Score, Normal)),
        .. Message(2, [.. Number(3, 1)]), // trained as a unigram model
        .. Message(3, Message(1, Encoding.UTF8.GetBytes("identity"))), // with no other normalisation than that of spaces
    ];

    private static byte[] Piece(string text, float score, int type) =>
        Message(1, [.. Message(1, Encoding.UTF8.GetBytes(text)), (2 << 3) | 5, .. BitConverter.GetBytes(score), .. Number(3, type)]);

    private static byte[] Message(int field, byte[] content) => [(byte)((field << 3) | 2), .. Variable(content.Length), .. content];

    private static byte[] Number(int field, int value) => [(byte)(field << 3), .. Variable(value)];

    private static IEnumerable<byte> Variable(int value)
    {
        for (; value >= 0x80; value >>= 7) yield return (byte)(value | 0x80);
        yield return (byte)value;
    }
}
