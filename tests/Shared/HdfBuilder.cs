using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Tests;

/// <summary>
/// Writes HDF5 files by hand, in the oldest layout as h5py does for Keras, so that they can lie. Objects are written before what holds them.
/// </summary>
internal sealed class HdfBuilder
{
    public const ulong Undefined = ulong.MaxValue;

    private readonly MemoryStream _stream = new();

    public HdfBuilder() => _stream.SetLength(_stream.Position = 96);

    /// <summary>A file of these datasets, float32 and zero throughout, by their paths.</summary>
    public static byte[] FileOf(params IEnumerable<(string Path, long[] Shape)> datasets)
    {
        HdfBuilder file = new();
        return file.Finish(file.Groups([.. datasets.Select(one =>
            (one.Path, file.Dataset(ScalarType.Float32, one.Shape, new byte[4 * one.Shape.Aggregate(1L, (a, b) => a * b)])))]));
    }

    /// <summary>Writes bytes and gives their address.</summary>
    public ulong Append(ReadOnlySpan<byte> bytes)
    {
        var address = (ulong)_stream.Position;
        _stream.Write(bytes);
        _stream.Write(new byte[-(int)_stream.Position & 7]);
        return address;
    }

    /// <summary>The header of an object.</summary>
    public ulong Header(params (int Kind, byte[] Body)[] messages)
    {
        var body = Bytes(writer =>
        {
            foreach (var (kind, message) in messages)
            {
                var padding = -message.Length & 7;
                writer.Write((ushort)kind);
                writer.Write((ushort)(message.Length + padding));
                writer.Write(0);
                writer.Write(message);
                writer.Write(new byte[padding]);
            }
        });
        return Append(Bytes(writer =>
        {
            writer.Write((ushort)1);
            writer.Write((ushort)messages.Length);
            writer.Write(1);
            writer.Write((ulong)body.Length); // 4 bytes, and 4 of padding
            writer.Write(body);
        }));
    }

    public ulong Group(params (string Name, ulong Header)[] entries) => Header((0x11, SymbolTable(entries)));

    /// <summary>The groups that paths need, and the root that holds them.</summary>
    public ulong Groups(params (string Path, ulong Header)[] objects) => Group([.. objects
        .GroupBy(one => one.Path.Split('/')[0], StringComparer.Ordinal)
        .Select(group => group.First().Path == group.Key
            ? (group.Key, group.First().Header)
            : (group.Key, Groups([.. group.Select(one => (one.Path[(group.Key.Length + 1)..], one.Header))])))]);

    /// <summary>The message that makes a header a group's.</summary>
    public byte[] SymbolTable(params (string Name, ulong Header)[] entries)
    {
        entries = [.. entries.OrderBy(entry => entry.Name, StringComparer.Ordinal)];
        List<byte> names = [0, 0, 0, 0, 0, 0, 0, 0];
        List<int> places = [];
        foreach (var (name, _) in entries)
        {
            places.Add(names.Count);
            names.AddRange(Encoding.UTF8.GetBytes(name));
            names.AddRange(new byte[8 - names.Count % 8]);
        }
        var content = Append([.. names]);
        var heap = Append(Bytes(writer =>
        {
            writer.Write("HEAP\0\0\0\0"u8);
            writer.Write((ulong)names.Count);
            writer.Write(Undefined);
            writer.Write(content);
        }));
        var node = Append(Bytes(writer =>
        {
            writer.Write("SNOD\u0001\0"u8);
            writer.Write((ushort)entries.Length);
            for (var i = 0; i < entries.Length; i++)
            {
                writer.Write((ulong)places[i]);
                writer.Write(entries[i].Header);
                writer.Write(new byte[24]);
            }
        }));
        var tree = Append(Tree(0, 0, (new byte[8], node)));
        return Bytes(writer =>
        {
            writer.Write(tree);
            writer.Write(heap);
        });
    }

    /// <summary>A node of a tree. Its last key is the first again, which nobody reads.</summary>
    public static byte[] Tree(byte kind, byte level, params (byte[] Key, ulong Child)[] entries) => Bytes(writer =>
    {
        writer.Write("TREE"u8);
        writer.Write(kind);
        writer.Write(level);
        writer.Write((ushort)entries.Length);
        writer.Write(Undefined);
        writer.Write(Undefined);
        foreach (var (key, child) in entries)
        {
            writer.Write(key);
            writer.Write(child);
        }
        writer.Write(entries[0].Key);
    });

    public ulong Dataset(ScalarType type, long[] shape, ReadOnlySpan<byte> data) =>
        Header((0x01, Shape(shape)), (0x03, Type(type)), (0x08, Contiguous(Append(data), (ulong)data.Length)));

    /// <summary>A dataset in pieces, which are given as they stand in the file, with their first elements.</summary>
    public ulong Chunked(ScalarType type, long[] shape, int[] chunk, byte[]? filters, params (long[] First, byte[] Stored)[] chunks)
    {
        var entries = chunks.Select(one => (ChunkKey((uint)one.Stored.Length, one.First), Append(one.Stored))).ToArray();
        var layout = ChunkLayout(Append(Tree(1, 0, entries)), [.. chunk, (int)type.ElementSize()]);
        return filters is null
            ? Header((0x01, Shape(shape)), (0x03, Type(type)), (0x08, layout))
            : Header((0x01, Shape(shape)), (0x03, Type(type)), (0x0B, filters), (0x08, layout));
    }

    public static byte[] ChunkKey(uint bytes, params long[] first) => Bytes(writer =>
    {
        writer.Write(bytes);
        writer.Write(0);
        foreach (var start in first) writer.Write(start);
        writer.Write(0L);
    });

    public static byte[] Contiguous(ulong address, ulong bytes) => Bytes(writer =>
    {
        writer.Write((ushort)0x0103);
        writer.Write(address);
        writer.Write(bytes);
    });

    public static byte[] ChunkLayout(ulong tree, params int[] sizes) => Bytes(writer =>
    {
        writer.Write((ushort)0x0203);
        writer.Write((byte)sizes.Length);
        writer.Write(tree);
        foreach (var size in sizes) writer.Write(size);
    });

    /// <summary>The message that lists filters, each with one value.</summary>
    public static byte[] Filters(params (ushort Filter, int Value)[] filters) => Bytes(writer =>
    {
        writer.Write((byte)1);
        writer.Write((byte)filters.Length);
        writer.Write(new byte[6]);
        foreach (var (filter, value) in filters)
        {
            writer.Write(filter);
            writer.Write((ushort)0);
            writer.Write((ushort)1);
            writer.Write((ushort)1);
            writer.Write(value);
            writer.Write(0);
        }
    });

    public static byte[] Shape(params long[] shape) => Bytes(writer =>
    {
        writer.Write((byte)1);
        writer.Write((byte)shape.Length);
        writer.Write(new byte[6]);
        foreach (var size in shape) writer.Write(size);
    });

    public static byte[] Type(ScalarType type) => Bytes(writer =>
    {
        var size = (int)type.ElementSize();
        var number = type is ScalarType.Float16 or ScalarType.Float32 or ScalarType.Float64;
        writer.Write((byte)(number ? 0x11 : 0x10));
        writer.Write((byte)(number ? 0x20 : type == ScalarType.Byte ? 0 : 8));
        writer.Write((ushort)(number ? size * 8 - 1 : 0));
        writer.Write(size);
        writer.Write((ushort)0);
        writer.Write((ushort)(size * 8));
        var (exponent, bits, fraction, bias) = size switch { 2 => (10, 5, 10, 15), 4 => (23, 8, 23, 127), _ => (52, 11, 52, 1023) };
        if (!number) return;
        writer.Write([(byte)exponent, (byte)bits, 0, (byte)fraction]);
        writer.Write(bias);
    });

    /// <summary>The file whose root group has the header at <paramref name="root"/>.</summary>
    public byte[] Finish(ulong root)
    {
        var length = (ulong)_stream.Position;
        _stream.Position = 0;
        using (var writer = new BinaryWriter(_stream, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write([0x89, (byte)'H', (byte)'D', (byte)'F', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n', 0, 0, 0, 0, 0, 8, 8, 0]);
            writer.Write(0x00100004);
            writer.Write(0);
            writer.Write(0UL);
            writer.Write(Undefined);
            writer.Write(length);
            writer.Write(Undefined);
            writer.Write(0UL);
            writer.Write(root);
        }
        return _stream.ToArray();
    }

    private static byte[] Bytes(Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream)) write(writer);
        return stream.ToArray();
    }
}
