using System.Globalization;
using OrleansTransfer.Learning;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>
/// What a replica's state needs at least. A process that asks for more than the machine has is killed without a word, and with it everything else on the
/// node; activations come on top and depend on the batch.
/// </summary>
public static class ReplicaMemory
{
    // Adam keeps two moments; weights and moments exist once more while a checkpoint is written or handed over.
    private const int Moments = 2;

    /// <summary>Bytes for weights, gradients, the optimizer's moments, and the copy that a checkpoint takes.</summary>
    /// <param name="parameters">Elements of all weights.</param>
    /// <param name="trainable">Elements of those that train.</param>
    public static long BytesFor(long parameters, long trainable) =>
        sizeof(float) * (2 * parameters + trainable + 2 * Moments * trainable);

    /// <summary>Refuses a replica that cannot fit.</summary>
    /// <param name="architecture">Name of the network, for the message.</param>
    /// <param name="parameters">Elements of all weights.</param>
    /// <param name="trainable">Elements of those that train.</param>
    /// <param name="available">Bytes that the process may use.</param>
    /// <exception cref="LearningException">It does not fit.</exception>
    public static void Check(string architecture, long parameters, long trainable, long available)
    {
        var needed = BytesFor(parameters, trainable);
        if (needed <= available) return;
        throw new LearningException(string.Create(
            CultureInfo.InvariantCulture,
            $"{architecture} needs {needed / 1e9:0.0} GB for weights, gradients, optimizer and a checkpoint's copy, and the node has "
            + $"{available / 1e9:0.0} GB. Freeze more of it (transfer.unfreeze), or use a smaller network or a larger node."));
    }
}
