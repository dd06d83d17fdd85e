using System.IO.Compression;
using System.Text;

namespace OrleansTransfer.Learning.Tests.Weights.Keras;

/// <summary>Writes small HDF5 files in the form that h5py writes by default, so that tests can damage them without Python.</summary>
internal sealed class Hdf5Builder
{
    private readonly List<byte> _bytes = [.. new byte[96]];

    /// <summary>Adds a dataset of little-endian float32 in one piece; returns its address.</summary>
    public ulong Contiguous(float[] values, params long[] shape)
    {
        var data = Append(Raw(values));
        return Header([(1, Space(shape)), (3, FloatType), (8, [3, 1, .. U64(data), .. U64((ulong)values.Length * 4)])]);
    }

    /// <summary>Adds a dataset of one dimension in two chunks, shuffled and deflated; returns its address.</summary>
    public ulong Chunked(float[] values)
    {
        var half = (values.Length + 1) / 2;
        float[][] halves = [values[..half], [.. values[half..], .. new float[2 * half - values.Length]]];
        var packed = halves.Select(part => Deflate(Shuffle(Raw(part)))).ToList();
        var chunks = packed.Select(Append).ToList();
        List<byte> tree = [.. "TREE"u8, 1, 0, .. U16(2), .. U64(ulong.MaxValue), .. U64(ulong.MaxValue)];
        for (var i = 0; i < 2; i++)
            tree.AddRange([.. U32((uint)packed[i].Length), .. U32(0), .. U64((ulong)(i * half)), .. U64(0), .. U64(chunks[i])]);
        tree.AddRange([.. U32(0), .. U32(0), .. U64((ulong)(2 * half)), .. U64(0)]);
        var index = Append([.. tree]);
        return Header(
        [
            (1, Space([values.Length])), (3, FloatType), (8, [3, 2, 2, .. U64(index), .. U32((uint)half), .. U32(4)]),
            (11, [1, 2, 0, 0, 0, 0, 0, 0, .. Filter(2, 4), .. Filter(1, 9)]),
        ]);
    }

    /// <summary>Adds a group of named objects with an attribute of texts; returns its address.</summary>
    public ulong Group(string attribute, string[] texts, params (string Name, ulong Address)[] children)
    {
        List<byte> names = [.. new byte[8]];
        List<byte> leaf = [.. "SNOD"u8, 1, 0, .. U16((ushort)children.Length)];
        foreach (var (name, address) in children.OrderBy(child => child.Name, StringComparer.Ordinal))
        {
            // A link's kind and where it leads: 0 for an object, 2 for a name that is looked up.
            leaf.AddRange([.. U64((ulong)names.Count), .. U64(address), .. U32(address == SymbolicLink ? 2u : 0), .. new byte[20]]);
            names.AddRange([.. Encoding.UTF8.GetBytes(name), 0]);
            names.AddRange(new byte[-names.Count & 7]);
        }
        var segment = Append([.. names]);
        var heap = Append([.. "HEAP"u8, 0, 0, 0, 0, .. U64((ulong)names.Count), .. U64(1), .. U64(segment)]);
        var entries = Append([.. leaf]);
        var tree = Append([.. "TREE"u8, 0, 0, .. U16(1), .. U64(ulong.MaxValue), .. U64(ulong.MaxValue), .. U64(0), .. U64(entries), .. U64(8)]);
        return Header([(17, [.. U64(tree), .. U64(heap)]), (12, Attribute(attribute, texts))]);
    }

    /// <summary>Stands for an object where a group is to hold a symbolic link.</summary>
    public const ulong SymbolicLink = ulong.MaxValue;

    /// <summary>The whole file, with this root group.</summary>
    public byte[] Build(ulong root)
    {
        var file = _bytes.ToArray();
        byte[] superblock =
        [
            0x89, .. "HDF\r\n"u8, 0x1A, (byte)'\n', 0, 0, 0, 0, 0, 8, 8, 0, .. U16(4), .. U16(16), .. U32(0), .. U64(0), .. U64(ulong.MaxValue),
            .. U64((ulong)file.Length), .. U64(ulong.MaxValue), .. U64(0), .. U64(root), .. new byte[24],
        ];
        superblock.CopyTo(file, 0);
        return file;
    }

    private static byte[] FloatType => [0x11, 0x20, 31, 0, .. U32(4), .. U16(0), .. U16(32), 23, 8, 0, 23, .. U32(127)];

    private static byte[] Space(long[] shape) => [1, (byte)shape.Length, 0, 0, 0, 0, 0, 0, .. shape.SelectMany(dimension => U64((ulong)dimension))];

    private static byte[] Attribute(string name, string[] texts)
    {
        var size = texts.Max(text => text.Length);
        byte[] type = [0x13, 1, 0, 0, .. U32((uint)size)], space = Space([texts.Length]);
        byte[] label = [.. Encoding.UTF8.GetBytes(name), 0];
        return
        [
            1, 0, .. U16((ushort)label.Length), .. U16((ushort)type.Length), .. U16((ushort)space.Length),
            .. Filled(label), .. Filled(type), .. Filled(space), .. texts.SelectMany(text => Encoding.ASCII.GetBytes(text.PadRight(size, '\0'))),
        ];
    }

    private static byte[] Filter(ushort id, uint value) => [.. U16(id), .. U16(0), .. U16(1), .. U16(1), .. U32(value), .. U32(0)];

    private static byte[] Raw(float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    private static byte[] Shuffle(byte[] bytes) =>
        [.. Enumerable.Range(0, 4).SelectMany(b => Enumerable.Range(0, bytes.Length / 4).Select(i => bytes[4 * i + b]))];

    private static byte[] Deflate(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var stream = new ZLibStream(packed, CompressionLevel.Optimal)) stream.Write(bytes);
        return packed.ToArray();
    }

    private static byte[] Filled(byte[] bytes) => [.. bytes, .. new byte[-bytes.Length & 7]];

    private static byte[] U16(ushort value) => BitConverter.GetBytes(value);

    private static byte[] U32(uint value) => BitConverter.GetBytes(value);

    private static byte[] U64(ulong value) => BitConverter.GetBytes(value);

    private ulong Header((ushort Kind, byte[] Data)[] messages)
    {
        var filled = messages.Select(message => (message.Kind, Data: Filled(message.Data))).ToList();
        var size = filled.Sum(message => 8 + message.Data.Length);
        return Append(
        [
            1, 0, .. U16((ushort)filled.Count), .. U32(1), .. U32((uint)size), .. U32(0),
            .. filled.SelectMany(message => (byte[])[.. U16(message.Kind), .. U16((ushort)message.Data.Length), 0, 0, 0, 0, .. message.Data]),
        ]);
    }

    private ulong Append(byte[] bytes)
    {
        var address = (ulong)_bytes.Count;
        _bytes.AddRange(Filled(bytes));
        return address;
    }
}
