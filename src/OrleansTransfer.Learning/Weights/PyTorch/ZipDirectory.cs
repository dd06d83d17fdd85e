using System.Buffers.Binary;
using System.Text;

namespace OrleansTransfer.Learning.Weights.PyTorch;

/// <summary>One file in a zip archive.</summary>
/// <param name="Name">Its path in the archive.</param>
/// <param name="Offset">First byte of its data, from the start of the archive.</param>
/// <param name="Bytes">Length of its data in the archive.</param>
/// <param name="IsStored">Whether its data stands there as it is, uncompressed.</param>
/// <param name="DirectoryOffset">Where the archive's directory speaks of it.</param>
internal sealed record ZipEntry(string Name, long Offset, long Bytes, bool IsStored, long DirectoryOffset);

/// <summary>
/// Reads the directory of a zip archive, zip64 included. What it lets through lies inside the archive, each entry apart from all others; nothing is
/// ever decompressed, so nothing in an archive can be larger than the archive. Checksums are not compared: <c>torch.save</c> can be told to leave
/// them out, and checking a tensor's would mean to read it whole when only a part is wanted.
/// </summary>
internal sealed class ZipDirectory
{
    private const uint EndSignature = 0x06054b50;
    private const uint End64Signature = 0x06064b50;
    private const uint Locator64Signature = 0x07064b50;
    private const uint DirectorySignature = 0x02014b50;
    private const uint LocalSignature = 0x04034b50;
    private const int EndBytes = 22;
    private const int End64Bytes = 56;
    private const int Locator64Bytes = 20;
    private const int DirectoryEntryBytes = 46;
    private const int LocalBytes = 30;
    private const ushort EncryptedFlag = 1;
    private const ushort Stored = 0;
    private const ushort Zip64Field = 1;
    private const uint In64 = uint.MaxValue;

    // Some hundred thousand entries: far more than any network has tensors.
    private const long MaximumBytes = 32 << 20;

    private readonly PositionalFile _file;

    private ZipDirectory(PositionalFile file) => _file = file;

    /// <summary>The entries of the archive <paramref name="file"/> in the order of their data.</summary>
    /// <exception cref="WeightsFormatException">It is malformed, or has encrypted entries.</exception>
    public static IReadOnlyList<ZipEntry> Read(PositionalFile file) => new ZipDirectory(file).Read();

    private List<ZipEntry> Read()
    {
        var (start, length, end) = FindDirectory();
        if (start < 0 || length < 0 || length > end || start > end - length)
            throw Malformed(end, $"the directory of the zip archive is said to be {length} bytes from {start} on, which is not in the file");
        if (length > MaximumBytes)
            throw Malformed(start, $"the directory of the zip archive is {length} bytes long, and at most {MaximumBytes} are allowed");
        var directory = new byte[length];
        _file.ReadExactly(directory, start);

        List<(ZipEntry Entry, long Header)> entries = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        for (var position = 0; position < directory.Length;)
        {
            var entry = ReadEntry(directory.AsSpan(position), start + position, start, out var header, out var entryBytes);
            if (!names.Add(entry.Name)) throw Malformed(start + position, $"the zip archive has two entries {Quoted.Text(entry.Name)}");
            entries.Add((entry, header));
            position += entryBytes;
        }

        entries.Sort((a, b) => a.Header.CompareTo(b.Header));
        for (var i = 0; i < entries.Count; i++)
        {
            var (entry, limit) = (entries[i].Entry, i + 1 < entries.Count ? entries[i + 1].Header : start);
            if (entry.Offset + entry.Bytes > limit)
                throw Malformed(entry.DirectoryOffset, $"entry {Quoted.Text(entry.Name)} of the zip archive overlaps what follows it");
        }
        return [.. entries.Select(pair => pair.Entry)];
    }

    /// <summary>Where the directory is said to be, and where the records that say so begin.</summary>
    private (long Start, long Length, long End) FindDirectory()
    {
        // The record is followed by a comment of up to 65535 bytes, and is told from a part of that by its length.
        var tail = new byte[Math.Min(_file.Length, EndBytes + ushort.MaxValue)];
        var tailStart = _file.Length - tail.Length;
        _file.ReadExactly(tail, tailStart);
        var at = tail.Length - EndBytes;
        while (at >= 0 && !(UInt32(tail, at) == EndSignature && at + EndBytes + UInt16(tail, at + 20) == tail.Length)) at--;
        if (at < 0) throw Malformed(_file.Length, "the zip archive has no directory at its end; the file was probably cut short");

        var end = tailStart + at;
        var (disk, firstDisk) = (UInt16(tail, at + 4), UInt16(tail, at + 6));
        if (disk != firstDisk || disk is not 0 and not ushort.MaxValue) throw Malformed(end, "the zip archive is one part of several");
        long length = UInt32(tail, at + 12), start = UInt32(tail, at + 16);

        var locator = end - Locator64Bytes;
        if (locator < 0) return (start, length, end);
        var record = Bytes(locator, Locator64Bytes);
        if (UInt32(record, 0) != Locator64Signature) return (start, length, end);
        var end64 = Int64(record, 8);
        if (end64 < 0 || end64 > locator - End64Bytes) throw Malformed(locator, "the zip archive's zip64 record is not where it is said to be");
        record = Bytes(end64, End64Bytes);
        if (UInt32(record, 0) != End64Signature) throw Malformed(end64, "the zip archive's zip64 record is damaged");
        return (Int64(record, 48), Int64(record, 40), end64);
    }

    private ZipEntry ReadEntry(ReadOnlySpan<byte> record, long position, long dataEnd, out long header, out int entryBytes)
    {
        if (record.Length < DirectoryEntryBytes || UInt32(record, 0) != DirectorySignature)
            throw Malformed(position, "the directory of the zip archive is damaged");
        var (nameBytes, extraBytes) = (UInt16(record, 28), UInt16(record, 30));
        entryBytes = DirectoryEntryBytes + nameBytes + extraBytes + UInt16(record, 32);
        if (entryBytes > record.Length) throw Malformed(position, "the directory of the zip archive ends inside an entry");
        var name = record.Slice(DirectoryEntryBytes, nameBytes);
        var text = Encoding.UTF8.GetString(name);
        if ((UInt16(record, 8) & EncryptedFlag) != 0) throw Refused(position, "is encrypted");
        var isStored = UInt16(record, 10) == Stored;
        long packed = UInt32(record, 20), bytes = UInt32(record, 24);
        header = UInt32(record, 42);
        var extra = record.Slice(DirectoryEntryBytes + nameBytes, extraBytes);
        while (extra.Length >= 4)
        {
            var (field, fieldBytes) = (UInt16(extra, 0), UInt16(extra, 2));
            if (fieldBytes > extra.Length - 4) throw Refused(position, "is damaged");
            if (field == Zip64Field)
            {
                // Only the numbers that do not fit their own places stand here, in this order.
                var wide = extra.Slice(4, fieldBytes);
                if (bytes == In64) bytes = Next(ref wide);
                if (packed == In64) packed = Next(ref wide);
                if (header == In64) header = Next(ref wide);
            }
            extra = extra[(4 + fieldBytes)..];
        }
        if (isStored && packed != bytes)
            throw Refused(position, $"is stored in {packed} bytes and said to be {bytes} long");
        if (header < 0 || packed < 0 || header > dataEnd - LocalBytes - nameBytes)
            throw Refused(position, $"is said to begin at {header}, outside the archive");

        var local = Bytes(header, LocalBytes + nameBytes);
        if (UInt32(local, 0) != LocalSignature) throw Refused(header, "does not begin where the directory says");
        var offset = header + LocalBytes + UInt16(local, 26) + UInt16(local, 28);
        if (packed > dataEnd - offset)
            throw Refused(position, $"ends {packed - (dataEnd - offset)} bytes beyond the archive's data");
        if (UInt16(local, 26) != nameBytes || !local.AsSpan(LocalBytes).SequenceEqual(name))
            throw Refused(header, "has another name in its own header");
        return new(text, offset, packed, isStored, position);

        long Next(ref ReadOnlySpan<byte> numbers)
        {
            if (numbers.Length < 8) throw Refused(position, "lacks its 64-bit length or place");
            var number = Int64(numbers, 0);
            numbers = numbers[8..];
            return number;
        }

        // Names are made fit to be shown only here, because an archive has a thousand entries that are sound.
        WeightsFormatException Refused(long at, string problem) => Malformed(at, $"entry {Quoted.Text(text)} of the zip archive {problem}");
    }

    private byte[] Bytes(long offset, int count)
    {
        var bytes = new byte[count];
        _file.ReadExactly(bytes, offset);
        return bytes;
    }

    private static ushort UInt16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint UInt32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long Int64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);

    private WeightsFormatException Malformed(long offset, string reason) => new(_file.Path, offset, reason);
}
