using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OrleansTransfer.Learning.Trunks;

/// <summary>
/// What a network's trunk makes of the samples of a data set, a row of float32 per sample, on the disk. Layout: a head of <see cref="HeadLength"/>
/// bytes (magic, rows, row shape), then per row the first eight bytes of its SHA-256, then the rows. The head is written last, so a file that
/// was not finished is none; and every row is checked whenever it is read, so a damaged one is not learned from.
/// </summary>
public sealed class TrunkFile : IDisposable
{
    private const long Magic = 0x314B_4E52_5458_544F; // "OTXTRNK1"
    private const int HeadLength = 64, CheckLength = 8, MostDimensions = 4;

    private readonly FileStream _file;
    private readonly byte[] _checks;

    private TrunkFile(FileStream file, byte[] checks, int rows, IReadOnlyList<long> rowShape)
    {
        (_file, _checks, Rows, RowShape) = (file, checks, rows, rowShape);
        RowLength = (int)rowShape.Aggregate(1L, (product, size) => product * size);
    }

    /// <summary>Samples.</summary>
    public int Rows { get; }

    /// <summary>Shape of a row, without the batch.</summary>
    public IReadOnlyList<long> RowShape { get; }

    /// <summary>Values of a row.</summary>
    public int RowLength { get; }

    /// <summary>Length of the file in bytes.</summary>
    public long Length => LengthOf(Rows, RowLength);

    /// <summary>Length in bytes of a file of so many rows of so many values.</summary>
    public static long LengthOf(long rows, long rowLength) => HeadLength + rows * (CheckLength + rowLength * sizeof(float));

    /// <summary>Reads a row.</summary>
    /// <param name="row">From 0.</param>
    /// <param name="values">Receives <see cref="RowLength"/> values.</param>
    /// <exception cref="TrunkCorruptException">It is not what was written.</exception>
    public void Read(int row, Span<float> values)
    {
        var bytes = MemoryMarshal.AsBytes(values[..RowLength]);
        var position = HeadLength + (long)Rows * CheckLength + (long)row * bytes.Length;
        for (var read = 0; read < bytes.Length;)
        {
            var count = RandomAccess.Read(_file.SafeFileHandle, bytes[read..], position + read);
            if (count == 0) throw new TrunkCorruptException(_file.Name, $"it ends within row {row}");
            read += count;
        }
        if (!Check(bytes).SequenceEqual(_checks.AsSpan(row * CheckLength, CheckLength)))
            throw new TrunkCorruptException(_file.Name, $"row {row} is not what was written");
    }

    /// <summary>Opens a file and checks all of it.</summary>
    /// <exception cref="TrunkCorruptException">It is not whole, or not of so many rows.</exception>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static TrunkFile Open(string path, int rows, CancellationToken cancellationToken)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        try
        {
            var opened = ReadHead(file, rows);
            var row = new float[opened.RowLength];
            for (var i = 0; i < rows; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                opened.Read(i, row);
            }
            return opened;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static TrunkFile ReadHead(FileStream file, int rows)
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
        var checks = new byte[rows * CheckLength];
        file.ReadExactly(checks);
        return new(file, checks, rows, shape);
    }

    private static byte[] Check(ReadOnlySpan<byte> row) => SHA256.HashData(row)[..CheckLength];

    /// <summary>Writes a file row by row, in order.</summary>
    /// <param name="file">An empty file, which stays the caller's.</param>
    /// <param name="rows">How many there will be.</param>
    public sealed class Writer(FileStream file, int rows)
    {
        private readonly byte[] _checks = new byte[rows * CheckLength];
        private IReadOnlyList<long>? _shape;
        private int _written;

        /// <summary>Called with the length of the whole file, before its first row is written; what it throws, <see cref="Add"/> throws.</summary>
        public Action<long> Sized { get; init; } = _ => { };

        /// <summary>Adds the next row; all have the same shape.</summary>
        public void Add(ReadOnlySpan<float> row, IReadOnlyList<long> shape)
        {
            if (_shape is null)
            {
                if (shape.Count is < 1 or > MostDimensions)
                    throw new ArgumentException($"A row has 1 to {MostDimensions} dimensions, not {shape.Count}.", nameof(shape));
                _shape = shape;
                Sized(LengthOf(rows, row.Length));
                file.Position = HeadLength + _checks.Length;
            }
            var bytes = MemoryMarshal.AsBytes(row);
            Check(bytes).CopyTo(_checks, _written++ * CheckLength);
            file.Write(bytes);
        }

        /// <summary>Makes the file a whole one.</summary>
        /// <exception cref="InvalidOperationException">Rows are missing.</exception>
        public void Finish()
        {
            if (_shape is null || _written != rows) throw new InvalidOperationException($"There are {_written} rows of {rows}.");
            file.Flush(flushToDisk: true);
            Span<byte> head = stackalloc byte[HeadLength];
            head.Clear();
            BinaryPrimitives.WriteInt64LittleEndian(head, Magic);
            BinaryPrimitives.WriteInt64LittleEndian(head[8..], rows);
            BinaryPrimitives.WriteInt64LittleEndian(head[16..], _shape.Count);
            for (var i = 0; i < _shape.Count; i++) BinaryPrimitives.WriteInt64LittleEndian(head[(24 + 8 * i)..], _shape[i]);
            file.Position = 0;
            file.Write(head);
            file.Write(_checks);
            file.Flush(flushToDisk: true);
        }
    }
}

/// <summary>A kept file of features is not what was written.</summary>
public sealed class TrunkCorruptException(string file, string reason) : IOException($"'{file}' is damaged: {reason}.");
