using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Data;

/// <summary>A share of one global batch, ready for the network, on the CPU. Whoever takes it disposes it.</summary>
/// <param name="Inputs">What the network takes: pictures as float32 <c>[n,3,H,W]</c>, normalised; texts as int64 <c>[n,L]</c>, token ids.</param>
/// <param name="Labels">int64 <c>[n]</c>; of no meaning in a stream without labels.</param>
/// <param name="GlobalCount">Samples in the whole global batch, over all ranks: what a mean divides by.</param>
public sealed record Batch(Tensor Inputs, Tensor Labels, int GlobalCount) : IDisposable
{
    /// <summary>Samples of the global batch that lie before this share: the shares of all ranks, in rank order, make up the batch.</summary>
    public int Offset { get; init; }

    /// <summary>
    /// Whether <see cref="Inputs"/> are what the network's trunk makes of the samples (<see cref="Models.Classifier.Trunk"/>), and not the samples.
    /// </summary>
    public bool IsTrunk { get; init; }

    /// <summary>Samples of this share.</summary>
    public int Count => (int)Labels.shape[0];

    /// <inheritdoc/>
    public void Dispose()
    {
        Inputs.Dispose();
        Labels.Dispose();
    }
}

/// <summary>Yields the batches of one rank in step order, prepared ahead of the training thread.</summary>
public interface IBatchStream : IDisposable
{
    /// <summary>Steps in one epoch, the same on every rank.</summary>
    int StepsPerEpoch { get; }

    /// <summary>
    /// The share of this rank of the global batch <paramref name="step"/> (from 0) of <paramref name="epoch"/> (from 0). Blocks until it is ready.
    /// Calls come in order; any first position is allowed, so that a run can resume in the middle of an epoch.
    /// </summary>
    /// <exception cref="LearningException">A sample could not be read; names it.</exception>
    Batch Take(int epoch, int step, CancellationToken cancellationToken);
}
