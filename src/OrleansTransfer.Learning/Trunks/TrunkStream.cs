using System.Runtime.InteropServices;
using OrleansTransfer.Learning.Data;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Trunks;

/// <summary>Kept features in the batches of a plan. What a batch contains is what the trunk makes of the pictures of the same batch.</summary>
/// <param name="file">One row per sample; the stream disposes it.</param>
/// <param name="labels">Labels of the samples.</param>
/// <param name="plan">Order of the samples.</param>
/// <param name="rank">Rank of the worker.</param>
/// <param name="worldSize">Number of workers.</param>
public sealed class TrunkStream(TrunkFile file, IReadOnlyList<int> labels, BatchPlan plan, int rank, int worldSize) : IBatchStream
{
    /// <inheritdoc/>
    public int StepsPerEpoch => plan.StepsPerEpoch;

    /// <inheritdoc/>
    /// <exception cref="TrunkCorruptException">A row was damaged since the file was opened.</exception>
    public Batch Take(int epoch, int step, CancellationToken cancellationToken)
    {
        var indices = plan.Share(epoch, step, rank, worldSize);
        var rows = empty([indices.Count, .. file.RowShape], ScalarType.Float32);
        try
        {
            var values = MemoryMarshal.Cast<byte, float>(indices.Count == 0 ? [] : rows.bytes);
            for (var i = 0; i < indices.Count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                file.Read(indices[i], values.Slice(i * file.RowLength, file.RowLength));
            }
            return new(
                rows.DetachFromDisposeScope(), tensor([.. indices.Select(index => (long)labels[index])]).DetachFromDisposeScope(),
                plan.Global(epoch, step).Count)
            {
                Offset = plan.Offset(epoch, step, rank, worldSize),
                IsTrunk = true,
            };
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}
