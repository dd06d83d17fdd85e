using System.Text;

namespace OrleansTransfer.Learning.Weights.PyTorch;

/// <summary>The bytes of one or several pickles in a row, in a part of a file.</summary>
internal sealed class PickleInput
{
    /// <summary>
    /// A state dict of a hundred thousand tensors has a pickle of some twenty megabytes. What is longer is no description of tensors.
    /// </summary>
    public const long MaximumBytes = 64 << 20;

    // Names of Python modules and classes; CPython sets no limit, people do.
    private const int MaximumLine = 256;

    private static readonly UTF8Encoding s_strictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly long _start;
    private readonly long _end;
    private byte[] _buffer = new byte[1 << 16];
    private long _bufferStart;
    private int _buffered;
    private int _next;

    /// <summary>Reads the bytes of <paramref name="file"/> from <paramref name="start"/> on and before <paramref name="end"/>.</summary>
    public PickleInput(PositionalFile file, long start, long end) => (File, _start, _end, _bufferStart) = (file, start, end, start);

    /// <summary>The file that is read.</summary>
    public PositionalFile File { get; }

    /// <summary>Place of the next byte in the file.</summary>
    public long Position => _bufferStart + _next;

    public byte ReadByte() => Read(1)[0];

    /// <summary>The next <paramref name="count"/> bytes, valid until the next read. A count that the file does not hold allocates nothing.</summary>
    public ReadOnlySpan<byte> Read(long count)
    {
        if (count > _end - Position)
        {
            throw new WeightsFormatException(File.Path, Position, $"the pickle ends {count - (_end - Position)} bytes early" +
                (count > 1 ? $", inside a value of {count} bytes" : ""));
        }
        if (Position + count - _start > MaximumBytes)
            throw new WeightsFormatException(File.Path, Position, $"the pickle is longer than {MaximumBytes} bytes, too long for a state dict");
        if (count > _buffered - _next) Fill((int)count);
        _next += (int)count;
        return _buffer.AsSpan(_next - (int)count, (int)count);
    }

    /// <summary>The next <paramref name="count"/> bytes as UTF-8.</summary>
    public string ReadText(long count)
    {
        var position = Position;
        try
        {
            return s_strictUtf8.GetString(Read(count));
        }
        catch (DecoderFallbackException e)
        {
            throw new WeightsFormatException(File.Path, position + Math.Max(0, e.Index), "the pickle holds a string that is not valid UTF-8", e);
        }
    }

    /// <summary>The text up to the next line feed, which is passed over.</summary>
    public string ReadLine()
    {
        var line = new StringBuilder();
        for (var b = ReadByte(); b != (byte)'\n'; b = ReadByte())
        {
            if (line.Length == MaximumLine)
                throw new WeightsFormatException(File.Path, Position, $"the pickle holds a name longer than {MaximumLine} characters");
            line.Append((char)b);
        }
        return line.ToString();
    }

    private void Fill(int needed)
    {
        var (position, kept) = (Position, _buffered - _next);
        var target = needed > _buffer.Length ? new byte[needed] : _buffer;
        _buffer.AsSpan(_next, kept).CopyTo(target);
        (_buffer, _bufferStart, _next) = (target, position, 0);
        _buffered = (int)Math.Min(target.Length, _end - position);
        File.ReadExactly(target.AsSpan(kept, _buffered - kept), position + kept);
    }
}
