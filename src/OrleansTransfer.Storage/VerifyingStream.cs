using System.Security.Cryptography;

namespace OrleansTransfer.Storage;

/// <summary>
/// Passes a stream on while checking its length and SHA-256. The read that completes the expected length fails if they differ, so nobody who
/// has read all bytes holds wrong ones unknowingly.
/// </summary>
internal sealed class VerifyingStream(Stream source, long length, string sha256, Func<string, Exception> damaged) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _position;
    private bool _verified;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var count = source.Read(buffer);
        Account(buffer[..count], buffer.Length);
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Account(buffer.Span[..count], buffer.Length);
        return count;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
            source.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Account(ReadOnlySpan<byte> bytes, int asked)
    {
        _position += bytes.Length;
        _hash.AppendData(bytes);
        var ended = bytes.IsEmpty && asked > 0;
        if (_position > length || (ended && _position < length))
            throw damaged($"it has {(ended ? "" : "more than ")}{(ended ? _position : length)} bytes, where {length} were written");
        if (_verified || _position < length)
            return;
        _verified = true;
        var actual = Convert.ToHexStringLower(_hash.GetHashAndReset());
        if (actual != sha256)
            throw damaged($"its SHA-256 is {actual}, where {sha256} was written");
    }
}
