using OrleansTransfer.Contracts.Workers;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Weights;
using static TorchSharp.torch;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>
/// A replica's state as bytes that other workers read piece by piece, straight from the memory of its copy: tensors back to back, weights first.
/// </summary>
public sealed class ReplicaHandover : IDisposable
{
    /// <summary>In front of the names of the model's tensors.</summary>
    public const string ModelPrefix = "model/";

    /// <summary>In front of the names of the optimizer's tensors.</summary>
    public const string OptimizerPrefix = "optimizer/";

    private readonly Lock _gate = new();
    private readonly List<Tensor> _tensors = [];
    private bool _over;

    /// <param name="checkpoint">The state; it belongs to the handover from here on.</param>
    /// <param name="epochs">The epochs that the replica has been through.</param>
    public ReplicaHandover(ReplicaCheckpoint checkpoint, IReadOnlyList<ReplicaEpoch> epochs)
    {
        using (checkpoint)
        {
            var described = new List<ReplicaTensor>();
            long offset = 0;
            foreach (var (name, tensor) in Named(checkpoint))
            {
                // Weights may lie in another order of dimensions; bytes travel in that of the shape.
                var plain = tensor.contiguous().DetachFromDisposeScope();
                var bytes = plain.numel() * plain.element_size();
                described.Add(new(name, (int)plain.dtype, plain.shape, offset, bytes));
                _tensors.Add(plain);
                offset += bytes;
            }
            State = new(WorkerPositions.Of(checkpoint.Position), described, offset, epochs);
        }
    }

    /// <summary>What is handed over.</summary>
    public ReplicaState State { get; }

    /// <summary>A copy of a stretch of the state, of <paramref name="count"/> bytes or as many as there are.</summary>
    /// <exception cref="InvalidOperationException">The handover is over.</exception>
    public byte[] Read(long offset, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        lock (_gate)
        {
            if (_over) throw new InvalidOperationException("The replica's state is handed over no longer: its group has gone on.");
            var result = new byte[Math.Max(0, Math.Min(count, State.Bytes - offset))];
            for (var i = FirstAt(offset); i < _tensors.Count && State.Tensors[i].Offset < offset + result.Length; i++)
            {
                var start = State.Tensors[i].Offset;
                TensorMemory.Visit(_tensors[i], (chunk, within) => Overlap.Copy(chunk, start + within, result, offset));
            }
            return result;
        }
    }

    /// <summary>Frees the copy.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_over) return;
            _over = true;
            foreach (var tensor in _tensors) tensor.Dispose();
        }
    }

    private static IEnumerable<(string Name, Tensor Tensor)> Named(ReplicaCheckpoint checkpoint) =>
        checkpoint.Model.Select(entry => (ModelPrefix + entry.Key, entry.Value))
            .Concat(checkpoint.Optimizer.Select(entry => (OptimizerPrefix + entry.Key, entry.Value)));

    // The last tensor that begins at or before the offset.
    private int FirstAt(long offset)
    {
        var (low, high) = (0, _tensors.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (State.Tensors[middle].Offset <= offset) low = middle + 1;
            else high = middle;
        }
        return Math.Max(0, low - 1);
    }
}
