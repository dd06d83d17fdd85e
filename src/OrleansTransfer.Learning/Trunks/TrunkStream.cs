using System.Diagnostics;
using System.Runtime.InteropServices;
using OrleansTransfer.Learning.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Trunks;

/// <summary>
/// The batches of another stream as features, while the trunk stands: those that are kept are read, others are computed and kept from then on. Where
/// the trunk has begun to train, batches are the other stream's.
/// </summary>
public sealed class TrunkStream : IBatchStream
{
    private readonly ISampleStream _samples;
    private readonly TrunkFile _file;
    private readonly FrozenTrunk _trunk;

    // Read by threads that prepare samples ahead.
    private volatile bool _stands;
    private bool _writes = true;

    /// <param name="samples">Samples that are the same whenever they come; the stream disposes it.</param>
    /// <param name="file">A row for each of them; the stream disposes it.</param>
    /// <param name="trunk">Computes features.</param>
    public TrunkStream(ISampleStream samples, TrunkFile file, FrozenTrunk trunk)
    {
        (_samples, _file, _trunk) = (samples, file, trunk);
        samples.Spares = index => _stands && file.Has(index);
    }

    /// <summary>Told once, in words, when computed features can no longer be kept.</summary>
    public Action<string> Complain { get; init; } = _ => { };

    /// <summary>Told how many features of a batch were computed, and how many were read.</summary>
    public Action<int, int> Count { get; init; } = (_, _) => { };

    /// <inheritdoc/>
    public int StepsPerEpoch => _samples.StepsPerEpoch;

    /// <inheritdoc/>
    public Batch Take(int epoch, int step, CancellationToken cancellationToken)
    {
        _stands = _trunk.Stands;
        if (!_stands) return Whole(epoch, step, cancellationToken);
        var share = _samples.ShareOf(epoch, step);
        var rows = empty([share.Indices.Count, .. _file.RowShape], ScalarType.Float32).DetachFromDisposeScope();
        try
        {
            var missing = Read(share.Indices, rows, cancellationToken);
            var seconds = missing.Count == 0 ? 0 : Compute(epoch, step, share.Indices, missing, rows, cancellationToken);
            Count(missing.Count, share.Indices.Count - missing.Count);
            return new(rows, tensor(share.Labels).DetachFromDisposeScope(), share.GlobalCount)
            {
                Offset = share.Offset,
                IsTrunk = true,
                TrunkSeconds = seconds,
            };
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _samples.Dispose();
        _file.Dispose();
    }

    // A batch may have been begun while samples were spared: begun anew, it has them.
    private Batch Whole(int epoch, int step, CancellationToken cancellationToken)
    {
        while (true)
        {
            var batch = _samples.Take(epoch, step, cancellationToken);
            if (batch.Spared.Count == 0) return batch;
            batch.Dispose();
        }
    }

    // Places of the rows that are not there.
    private List<int> Read(IReadOnlyList<int> indices, Tensor rows, CancellationToken cancellationToken)
    {
        List<int> missing = [];
        for (var place = 0; place < indices.Count; place++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!_file.TryRead(indices[place], RowOf(rows, place))) missing.Add(place);
        }
        return missing;
    }

    // Returns the seconds that the trunk took.
    private double Compute(
        int epoch, int step, IReadOnlyList<int> indices, List<int> missing, Tensor rows, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        using var batch = Prepared(epoch, step, missing, cancellationToken);
        var started = Stopwatch.GetTimestamp();
        var inputs = missing.Count == indices.Count ? batch.Inputs : batch.Inputs.index_select(0, tensor([.. missing.Select(place => (long)place)]));
        var computed = _trunk.Of(inputs);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        for (var i = 0; i < missing.Count; i++)
        {
            var row = RowOf(computed, i);
            row.CopyTo(RowOf(rows, missing[i]));
            Keep(indices[missing[i]], row);
        }
        return seconds;
    }

    // A row that was there when the batch was begun may have turned out to be damaged: begun anew, the batch has its sample.
    private Batch Prepared(int epoch, int step, List<int> missing, CancellationToken cancellationToken)
    {
        while (true)
        {
            var batch = _samples.Take(epoch, step, cancellationToken);
            if (!missing.Any(batch.Spared.Contains)) return batch;
            batch.Dispose();
        }
    }

    private void Keep(int index, ReadOnlySpan<float> row)
    {
        if (!_writes) return;
        try
        {
            _file.Write(index, row);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _writes = false;
            Complain($"features are not kept any more: {e.Message.TrimEnd('.')}");
        }
    }

    private Span<float> RowOf(Tensor rows, int place) =>
        MemoryMarshal.Cast<byte, float>(rows.bytes).Slice(place * _file.RowLength, _file.RowLength);
}
