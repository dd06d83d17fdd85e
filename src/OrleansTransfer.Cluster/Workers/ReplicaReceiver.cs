using OrleansTransfer.Contracts.Workers;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>Takes a replica's state over from the worker that hands it over, by messages of a few megabytes, straight into tensors.</summary>
/// <param name="source">Who hands it over.</param>
/// <param name="experiment">Id of the experiment.</param>
/// <param name="generation">The generation that opens with it.</param>
public sealed class ReplicaReceiver(IWorkerGrain source, string experiment, int generation)
{
    private const int PieceBytes = 4 << 20;

    // Enough to keep the connection busy while a piece is copied, and little enough not to hold up small messages.
    private const int PiecesUnderWay = 2;

    /// <summary>The state, which the caller disposes, and the epochs that the replica has been through.</summary>
    /// <exception cref="HandoverException">The source is gone, or hands nothing over.</exception>
    /// <exception cref="OperationCanceledException">The generation was given up.</exception>
    public async Task<(ReplicaCheckpoint Checkpoint, IReadOnlyList<ReplicaEpoch> Epochs)> ReceiveAsync(CancellationToken cancellationToken)
    {
        var tensors = new List<Tensor>();
        try
        {
            var state = await source.DescribeState(experiment, generation).WaitAsync(cancellationToken);
            foreach (var described in state.Tensors)
                tensors.Add(empty(described.Shape, (ScalarType)described.Type).DetachFromDisposeScope());
            var pieces = new Queue<(long Offset, Task<byte[]> Piece)>();
            long asked = 0;
            var first = 0;
            while (asked < state.Bytes || pieces.Count > 0)
            {
                while (asked < state.Bytes && pieces.Count < PiecesUnderWay)
                {
                    pieces.Enqueue((asked, source.ReadState(experiment, generation, asked, PieceBytes)));
                    asked += PieceBytes;
                }
                var (offset, piece) = pieces.Dequeue();
                var bytes = await piece.WaitAsync(cancellationToken);
                if (bytes.Length != Math.Min(PieceBytes, state.Bytes - offset))
                    throw new HandoverException($"A piece of the replica's state has {bytes.Length} bytes, which is not what was asked for.");
                first = Store(state, tensors, first, bytes, offset);
            }
            return (Assemble(state, tensors), state.Epochs);
        }
        catch (Exception e)
        {
            foreach (var tensor in tensors) tensor.Dispose();
            if (e is HandoverException || cancellationToken.IsCancellationRequested) throw;
            throw new HandoverException($"The replica's state could not be taken over: {e.Message}", e);
        }
    }

    // Returns the first tensor that later pieces may still belong to.
    private static int Store(ReplicaState state, IReadOnlyList<Tensor> tensors, int first, byte[] bytes, long offset)
    {
        var end = offset + bytes.Length;
        for (var i = first; i < tensors.Count && state.Tensors[i].Offset < end; i++)
        {
            var start = state.Tensors[i].Offset;
            TensorMemory.Visit(tensors[i], (chunk, within) => Overlap.Copy(bytes, offset, chunk, start + within));
            if (start + state.Tensors[i].Bytes <= end) first = i + 1;
        }
        return first;
    }

    private static ReplicaCheckpoint Assemble(ReplicaState state, IReadOnlyList<Tensor> tensors)
    {
        Dictionary<string, Tensor> model = [], optimizer = [];
        foreach (var (described, tensor) in state.Tensors.Zip(tensors))
        {
            if (described.Name.StartsWith(ReplicaHandover.ModelPrefix, StringComparison.Ordinal))
                model.Add(described.Name[ReplicaHandover.ModelPrefix.Length..], tensor);
            else optimizer.Add(described.Name[ReplicaHandover.OptimizerPrefix.Length..], tensor);
        }
        return new(WorkerPositions.Of(state.Position), model, optimizer);
    }
}
