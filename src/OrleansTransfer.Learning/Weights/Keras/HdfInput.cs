namespace OrleansTransfer.Learning.Weights.Keras;

/// <summary>
/// The structures of an HDF5 file, as opposed to its data. They point at each other by address, so a damaged or hostile file can make them overlap,
/// loop or nest without end. No byte belongs to two structures, though: what is read of them all is bounded by the length of the file, and with it
/// time, memory and the length of every chain of addresses.
/// </summary>
internal sealed class HdfInput(PositionalFile file)
{
    // Those of the largest network that Keras publishes are below a megabyte.
    private const long MaximumBytes = 64 << 20;

    private long _left = Math.Min(file.Length, MaximumBytes);

    /// <summary>The address of something that has no place in the file.</summary>
    public const ulong Undefined = ulong.MaxValue;

    /// <summary>Bytes in the file.</summary>
    public long FileBytes => file.Length;

    /// <summary>Reads a structure.</summary>
    /// <param name="address">Its first byte.</param>
    /// <param name="bytes">Its length.</param>
    /// <param name="from">Where in the file these two stand.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <exception cref="WeightsFormatException">It does not lie in the file, or more is read than the file can hold.</exception>
    public HdfBlock Read(ulong address, ulong bytes, long from, string what)
    {
        CheckInside(address, bytes, from, what);
        if ((long)bytes > _left)
            throw Malformed(from, $"{what} would be more bytes of structure than the file can have: parts of it overlap or lead back to themselves");
        _left -= (long)bytes;
        var content = new byte[bytes];
        file.ReadExactly(content, (long)address);
        return new(this, content, (long)address, what);
    }

    /// <summary>Throws unless something lies in the file.</summary>
    /// <exception cref="WeightsFormatException">It does not.</exception>
    public void CheckInside(ulong address, ulong bytes, long from, string what)
    {
        if (address > (ulong)file.Length || bytes > (ulong)file.Length - address)
            throw Malformed(from, $"{what} is said to be {bytes} bytes at {address}, and the file has {file.Length}");
    }

    /// <summary>What is said of a file that is wrong at <paramref name="offset"/>.</summary>
    public WeightsFormatException Malformed(long offset, string reason) => new(file.Path, offset, reason);
}
