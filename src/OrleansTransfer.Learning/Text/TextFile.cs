using System.Text;
using UtfUnknown;

namespace OrleansTransfer.Learning.Text;

/// <summary>
/// Reads a file of text whatever its encoding: by its byte-order mark, else as UTF-8, else by the statistics of its bytes, if these are clear.
/// </summary>
internal static class TextFile
{
    // Below this the detector guesses among encodings that differ in the letters that matter.
    private const float LeastConfidence = 0.5f;

    // First bytes of formats that people take for text files, longest first where one begins like another.
    private static readonly (byte[] Start, string Format)[] s_binary =
    [
        ([0x50, 0x4B, 0x03, 0x04], "a ZIP archive or a spreadsheet (.xlsx)"), ([0xD0, 0xCF, 0x11, 0xE0], "an old Office document (.xls, .doc)"),
        ([0x1F, 0x8B], "gzip"), ([0x25, 0x50, 0x44, 0x46], "PDF"), ([0x89, 0x50, 0x4E, 0x47], "PNG"), ([0xFF, 0xD8, 0xFF], "JPEG"),
        ([0x50, 0x41, 0x52, 0x31], "Parquet"), ([0x53, 0x51, 0x4C, 0x69, 0x74, 0x65, 0x20], "SQLite"),
    ];

    // UTF-32 before UTF-16: the little-endian mark of the one begins with that of the other.
    private static readonly Encoding[] s_marked =
    [
        Strict(new UTF32Encoding(bigEndian: false, byteOrderMark: true)), Strict(new UTF32Encoding(bigEndian: true, byteOrderMark: true)),
        Strict(new UnicodeEncoding(bigEndian: false, byteOrderMark: true)), Strict(new UnicodeEncoding(bigEndian: true, byteOrderMark: true)),
        Strict(new UTF8Encoding(encoderShouldEmitUTF8Identifier: true)),
    ];

    /// <summary>The text of <paramref name="path"/> without a byte-order mark, and the name of its encoding.</summary>
    /// <exception cref="LearningException">The file is missing or unreadable, no text, or in an encoding that cannot be told.</exception>
    public static (string Content, string Encoding) Read(string path) => Decode(path, Bytes(path));

    private static byte[] Bytes(string path)
    {
        if (Directory.Exists(path)) throw new LearningException($"'{path}' is a folder. Expected a file of texts.");
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new LearningException($"The file '{path}' does not exist. Expected a file of texts.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LearningException($"The file '{path}' cannot be read: {exception.Message}", exception);
        }
    }

    private static (string, string) Decode(string path, byte[] bytes)
    {
        foreach (var (start, format) in s_binary)
            if (bytes.AsSpan().StartsWith(start))
                throw new LearningException($"'{path}' is a binary file: it begins as {format} does. Expected text; export it as CSV with UTF-8.");
        foreach (var encoding in s_marked)
            if (bytes.AsSpan().StartsWith(encoding.Preamble)) return (Marked(path, bytes, encoding), encoding.WebName);
        if (Array.IndexOf(bytes, (byte)0) is >= 0 and var zero)
            throw new LearningException(
                $"'{path}' is a binary file, or UTF-16 without a byte-order mark: line {Line(bytes, zero)} has a zero byte. Save it as UTF-8 text.");
        var (bad, wellFormed, malformed) = Utf8Sequences(bytes);
        if (bad < 0) return (Encoding.UTF8.GetString(bytes), "utf-8");
        // A file that is UTF-8 in most places is damaged UTF-8: any single-byte encoding would read it, as gibberish.
        if (wellFormed <= malformed && Detected(bytes) is { } detected) return (detected.GetString(bytes), detected.WebName);
        throw new LearningException(
            $"'{path}' is not valid UTF-8: line {Line(bytes, bad)} has the byte 0x{bytes[bad]:X2} where no character can begin or go on, and no "
            + "other encoding fits well. Save the file as UTF-8 (in a spreadsheet: 'CSV UTF-8'), or correct that line.");
    }

    private static string Marked(string path, byte[] bytes, Encoding encoding)
    {
        var start = encoding.Preamble.Length;
        try
        {
            return encoding.GetString(bytes, start, bytes.Length - start);
        }
        catch (DecoderFallbackException exception)
        {
            throw new LearningException(
                $"'{path}' begins with the byte-order mark of {encoding.WebName}, but byte {start + exception.Index} and what follows is no "
                + "character of it. Save the file as UTF-8.", exception);
        }
    }

    private static Encoding? Detected(byte[] bytes)
    {
        if (CharsetDetector.DetectFromBytes(bytes).Detected is not { Confidence: >= LeastConfidence } best) return null;
        try
        {
            var encoding = CodePagesEncodingProvider.Instance.GetEncoding(best.EncodingName) ?? Encoding.GetEncoding(best.EncodingName);
            return encoding.CodePage == Encoding.UTF8.CodePage || encoding.CodePage == Encoding.ASCII.CodePage ? null : encoding;
        }
        catch (ArgumentException)
        {
            // Detected, but unknown to the platform.
            return null;
        }
    }

    // The first malformed byte (-1: none), and how many sequences beyond ASCII are well formed and how many are not.
    private static (int First, int WellFormed, int Malformed) Utf8Sequences(ReadOnlySpan<byte> bytes)
    {
        var (first, good, bad) = (-1, 0, 0);
        for (var at = 0; at < bytes.Length;)
        {
            if (bytes[at] < 0x80)
            {
                at++;
                continue;
            }
            if (Rune.DecodeFromUtf8(bytes[at..], out _, out var length) == System.Buffers.OperationStatus.Done)
            {
                good++;
            }
            else
            {
                bad++;
                if (first < 0) first = at;
            }
            at += length;
        }
        return (first, good, bad);
    }

    private static int Line(ReadOnlySpan<byte> bytes, int at) => bytes[..at].Count((byte)'\n') + 1;

    private static Encoding Strict(Encoding encoding)
    {
        var strict = (Encoding)encoding.Clone();
        strict.DecoderFallback = DecoderFallback.ExceptionFallback;
        return strict;
    }
}
