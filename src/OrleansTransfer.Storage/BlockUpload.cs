using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace OrleansTransfer.Storage;

/// <summary>
/// Writes a stream as one Azure blob: small content in one request, larger in blocks that become visible together.
/// </summary>
/// <remarks>
/// Azure.Storage.Blobs 12.30.1 can do this itself, but buffers streams that cannot seek in pooled arrays, and when conditional writes of several
/// callers conflict, one caller's bytes are now and then sent as another's. Memory of our own also reports a failing source as what it is,
/// where the client takes an <see cref="IOException"/> of a stream it sends from for a network error and retries.
/// </remarks>
internal static class BlockUpload
{
    private const int BlockBytes = 8 << 20;

    /// <summary>With the one being read this makes 40 MiB of memory per upload.</summary>
    private const int BlocksInFlight = 4;

    internal static async Task<ETag> WriteAsync(
        BlockBlobClient blob, Stream content, BlobRequestConditions? conditions, IDictionary<string, string> metadata, CancellationToken cancellationToken)
    {
        var first = await ReadBlockAsync(content, initialBytes: 64 << 10, cancellationToken).ConfigureAwait(false);
        if (first.Length < BlockBytes)
        {
            var options = new BlobUploadOptions { Conditions = conditions, Metadata = metadata };
            var written = await blob.UploadAsync(StreamOf(first), options, cancellationToken).ConfigureAwait(false);
            return written.Value.ETag;
        }

        // Ids of one length, and different from those of another writer that stages blocks of the same blob now.
        var upload = Guid.NewGuid();
        var ids = new List<string>();
        await Parallel.ForEachAsync(
            BlocksAsync(first, content, cancellationToken),
            new ParallelOptions { MaxDegreeOfParallelism = BlocksInFlight, CancellationToken = cancellationToken },
            async (block, stop) => await blob.StageBlockAsync(block.Id, StreamOf(block.Bytes), cancellationToken: stop).ConfigureAwait(false))
            .ConfigureAwait(false);
        var commit = new CommitBlockListOptions { Conditions = conditions, Metadata = metadata };
        var committed = await blob.CommitBlockListAsync(ids, commit, cancellationToken).ConfigureAwait(false);
        return committed.Value.ETag;

        async IAsyncEnumerable<(string Id, ReadOnlyMemory<byte> Bytes)> BlocksAsync(
            ReadOnlyMemory<byte> block, Stream rest, [EnumeratorCancellation] CancellationToken stop)
        {
            while (block.Length > 0)
            {
                ids.Add(Convert.ToBase64String([.. upload.ToByteArray(), .. BitConverter.GetBytes(ids.Count)]));
                yield return (ids[^1], block);
                block = await ReadBlockAsync(rest, BlockBytes, stop).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Fills a block, or less at the end of the stream. Starts small so that a small blob takes little memory.</summary>
    private static async Task<ReadOnlyMemory<byte>> ReadBlockAsync(Stream content, int initialBytes, CancellationToken cancellationToken)
    {
        var block = new byte[initialBytes];
        for (var length = 0; ;)
        {
            length += await content.ReadAtLeastAsync(block.AsMemory(length), block.Length - length, throwOnEndOfStream: false, cancellationToken)
                .ConfigureAwait(false);
            if (length < block.Length || length == BlockBytes)
                return block.AsMemory(0, length);
            Array.Resize(ref block, Math.Min(BlockBytes, block.Length * 4));
        }
    }

    private static Stream StreamOf(ReadOnlyMemory<byte> bytes) => BinaryData.FromBytes(bytes).ToStream();
}
