using System.Text;

namespace OrleansTransfer.Learning.Tests.Weights.PyTorch;

/// <summary>Writes zip archives by hand, so that they can lie.</summary>
internal sealed class ZipBuilder
{
    private readonly List<Entry> _entries = [];

    /// <param name="Name">Path in the archive.</param>
    /// <param name="Data">Bytes as they stand in the archive.</param>
    /// <param name="Method">Compression method; 0 for none.</param>
    /// <param name="Flags">General purpose flags.</param>
    /// <param name="LocalName">The name in the entry's own header, where another.</param>
    /// <param name="Bytes">The length said to be, where another.</param>
    /// <param name="HeaderOf">Index of the entry whose header is given out as this one's.</param>
    internal sealed record Entry(string Name, byte[] Data, ushort Method = 0, ushort Flags = 0, string? LocalName = null, long? Bytes = null,
        int? HeaderOf = null);

    /// <summary>Whether lengths and places stand in zip64 fields.</summary>
    public bool Zip64 { get; init; }

    /// <summary>Where the directory is said to begin, where elsewhere.</summary>
    public long? DirectoryAt { get; init; }

    public string Comment { get; init; } = "";

    /// <summary>The archive that <c>torch.save</c> would write around <paramref name="pickle"/>.</summary>
    public static ZipBuilder Checkpoint(byte[] pickle, params (string Key, byte[] Data)[] storages)
    {
        var zip = new ZipBuilder().Add(new("archive/data.pkl", pickle));
        foreach (var (key, data) in storages) zip.Add(new($"archive/data/{key}", data));
        return zip.Add(new("archive/version", "3\n"u8.ToArray()));
    }

    public ZipBuilder Add(Entry entry)
    {
        _entries.Add(entry);
        return this;
    }

    public byte[] Build()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        List<long> headers = [];
        foreach (var entry in _entries)
        {
            headers.Add(stream.Position);
            var name = Encoding.UTF8.GetBytes(entry.LocalName ?? entry.Name);
            writer.Write(0x04034b50u);
            Common(entry, name.Length, 0);
            writer.Write(name);
            writer.Write(entry.Data);
        }
        var start = stream.Position;
        for (var i = 0; i < _entries.Count; i++)
        {
            var (entry, header) = (_entries[i], headers[_entries[i].HeaderOf ?? i]);
            var name = Encoding.UTF8.GetBytes(entry.Name);
            writer.Write(0x02014b50u);
            writer.Write((ushort)45);
            Common(entry, name.Length, Zip64 ? 28 : 0);
            writer.Write(new byte[10]);
            writer.Write(Zip64 ? uint.MaxValue : (uint)header);
            writer.Write(name);
            if (!Zip64) continue;
            writer.Write((ushort)1);
            writer.Write((ushort)24);
            writer.Write(entry.Bytes ?? entry.Data.Length);
            writer.Write(entry.Bytes ?? entry.Data.Length);
            writer.Write(header);
        }
        var end = stream.Position;
        if (Zip64)
        {
            writer.Write(0x06064b50u);
            writer.Write(44L);
            writer.Write(new byte[12]);
            writer.Write((long)_entries.Count);
            writer.Write((long)_entries.Count);
            writer.Write(end - start);
            writer.Write(DirectoryAt ?? start);
            writer.Write(0x07064b50u);
            writer.Write(0u);
            writer.Write(end);
            writer.Write(1u);
        }
        writer.Write(0x06054b50u);
        writer.Write(0u);
        writer.Write((ushort)_entries.Count);
        writer.Write((ushort)_entries.Count);
        writer.Write((uint)(end - start));
        writer.Write(Zip64 ? uint.MaxValue : (uint)(DirectoryAt ?? start));
        writer.Write((ushort)Comment.Length);
        writer.Write(Encoding.ASCII.GetBytes(Comment));
        return stream.ToArray();

        void Common(Entry entry, int nameBytes, int extraBytes)
        {
            var bytes = Zip64 && extraBytes > 0 ? uint.MaxValue : (uint)(entry.Bytes ?? entry.Data.Length);
            writer.Write((ushort)45);
            writer.Write(entry.Flags);
            writer.Write(entry.Method);
            writer.Write(0L); // time, date and checksum
            writer.Write(bytes);
            writer.Write(bytes);
            writer.Write((ushort)nameBytes);
            writer.Write((ushort)extraBytes);
        }
    }
}
