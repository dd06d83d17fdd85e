using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OrleansTransfer.Learning.Trunks;

/// <summary>
/// What a network's trunk makes of the samples of a data set, a row of float32 per sample, on the disk. Layout: a head of <see cref="HeadLength"/>
/// bytes (magic, rows, row shape), then per row the first eight bytes of its SHA-256, 0 while there is none, then the rows. Rows come in any order,
/// from any number of processes. A row is written before its check, and checked whenever it is read: one that was written in part, twice at once, or
/// damaged later counts as not there.
/// </summary>
public sealed class TrunkFile : IDisposable
{
    private const long Magic = 0x324B_4E52_5458_544F; // "OTXTRNK2"
    private const int HeadLength = 64, CheckLength = 8, MostDimensions = 4;

    private readonly FileStream _file;

    // What this process knows of rows: another one may have written those that are not known.
    private readonly bool[] _known, _damaged;

    private TrunkFile(FileStream file, int rows, IReadOnlyList<long> rowShape)
    {
        (_file, Rows, RowShape) = (file, rows, rowShape);
        (_known, _damaged) = (new bool[rows], new bool[rows]);
        RowLength = (int)Product(rowShape);
    }

    /// <summary>Samples.</summary>
    public int Rows { get; }

    /// <summary>Shape of a row, without the batch.</summary>
    public IReadOnlyList<long> RowShape { get; }

    /// <summary>Values of a row.</summary>
    public int RowLength { get; }

    /// <summary>Length in bytes of the file when it has all rows.</summary>
    public long Length => LengthOf(Rows, RowLength);

    /// <summary>Rows that were met damaged since the file was opened.</summary>
    public int Damaged { get; private set; }

    /// <summary>Length in bytes of a file of so many rows of so many values.</summary>
    public static long LengthOf(long rows, long rowLength) => HeadLength + rows * (CheckLength + rowLength * sizeof(float));

    /// <summary>Whether a row is there, as far as can be told without reading it. May be asked from any thread.</summary>
    /// <param name="row">From 0.</param>
    public bool Has(int row)
    {
        if (_damaged[row]) return false;
        if (_known[row]) return true;
        Span<byte> check = stackalloc byte[CheckLength];
        return _known[row] = TryFill(check, CheckPosition(row)) && check.ContainsAnyExcept((byte)0);
    }

    /// <summary>Reads a row; false when it is not there.</summary>
    /// <param name="row">From 0.</param>
    /// <param name="values">Receives <see cref="RowLength"/> values.</param>
    public bool TryRead(int row, Span<float> values)
    {
        if (!Has(row)) return false;
        Span<byte> check = stackalloc byte[CheckLength];
        var bytes = MemoryMarshal.AsBytes(values[..RowLength]);
        if (TryFill(check, CheckPosition(row)) && TryFill(bytes, RowPosition(row)) && Check(bytes).SequenceEqual(check)) return true;
        (_known[row], _damaged[row]) = (false, true);
        Damaged++;
        return false;
    }

    /// <summary>Writes a row.</summary>
    /// <param name="row">From 0.</param>
    /// <param name="values">Its <see cref="RowLength"/> values.</param>
    /// <exception cref="IOException">The disk is full, or fails.</exception>
    public void Write(int row, ReadOnlySpan<float> values)
    {
        var bytes = MemoryMarshal.AsBytes(values[..RowLength]);
        RandomAccess.Write(_file.SafeFileHandle, bytes, RowPosition(row));
        RandomAccess.Write(_file.SafeFileHandle, Check(bytes), CheckPosition(row));
        (_known[row], _damaged[row]) = (true, false);
    }

    /// <summary>Opens a file.</summary>
    /// <exception cref="TrunkCorruptException">It is not one, or not of so many rows.</exception>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static TrunkFile Open(string path, int rows)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        try
        {
            return new(file, rows, ReadShape(file, rows));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Makes a file without rows. Their room is taken when they are written, where the file system can do that.</summary>
    /// <param name="file">An empty file, which stays the caller's.</param>
    /// <param name="rows">How many there will be.</param>
    /// <param name="shape">Shape of a row, of 1 to 4 dimensions.</param>
    public static void Create(FileStream file, int rows, IReadOnlyList<long> shape)
    {
        if (shape.Count is < 1 or > MostDimensions)
            throw new ArgumentException($"A row has 1 to {MostDimensions} dimensions, not {shape.Count}.", nameof(shape));
        Span<byte> head = stackalloc byte[HeadLength];
        head.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(head, Magic);
        BinaryPrimitives.WriteInt64LittleEndian(head[8..], rows);
        BinaryPrimitives.WriteInt64LittleEndian(head[16..], shape.Count);
        for (var i = 0; i < shape.Count; i++) BinaryPrimitives.WriteInt64LittleEndian(head[(24 + 8 * i)..], shape[i]);
        file.Write(head);
        file.SetLength(LengthOf(rows, Product(shape)));
        file.Flush(flushToDisk: true);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static IReadOnlyList<long> ReadShape(FileStream file, int rows)
    {
        Span<byte> head = stackalloc byte[HeadLength];
        if (file.ReadAtLeast(head, HeadLength, throwOnEndOfStream: false) < HeadLength || BinaryPrimitives.ReadInt64LittleEndian(head) != Magic)
            throw new TrunkCorruptException(file.Name, "it has no head");
        var dimensions = (int)BinaryPrimitives.ReadInt64LittleEndian(head[16..]);
        if (BinaryPrimitives.ReadInt64LittleEndian(head[8..]) != rows || dimensions is < 1 or > MostDimensions)
            throw new TrunkCorruptException(file.Name, $"it is not of {rows} rows");
        var shape = new long[dimensions];
        var length = 1L;
        for (var i = 0; i < dimensions; i++)
        {
            shape[i] = BinaryPrimitives.ReadInt64LittleEndian(head[(24 + 8 * i)..]);
            if (shape[i] is < 1 or > int.MaxValue || (length *= shape[i]) > Array.MaxLength / sizeof(float))
                throw new TrunkCorruptException(file.Name, "its rows have an impossible shape");
        }
        if (file.Length != LengthOf(rows, length))
            throw new TrunkCorruptException(file.Name, $"it has {file.Length} bytes, where {LengthOf(rows, length)} belong");
        return shape;
    }

    private static long Product(IReadOnlyList<long> shape) => shape.Aggregate(1L, (product, size) => product * size);

    private static byte[] Check(ReadOnlySpan<byte> row) => SHA256.HashData(row)[..CheckLength];

    private static long CheckPosition(int row) => HeadLength + (long)row * CheckLength;

    private long RowPosition(int row) => HeadLength + (long)Rows * CheckLength + (long)row * RowLength * sizeof(float);

    // False where the file ends before, which was cut since it was opened, and where the disk fails: what cannot be read is computed.
    private bool TryFill(Span<byte> bytes, long position)
    {
        try
        {
            for (var read = 0; read < bytes.Length;)
            {
                var count = RandomAccess.Read(_file.SafeFileHandle, bytes[read..], position + read);
                if (count == 0) return false;
                read += count;
            }
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}

/// <summary>A file of kept features is none.</summary>
public sealed class TrunkCorruptException(string file, string reason) : IOException($"'{file}' is damaged: {reason}.");
