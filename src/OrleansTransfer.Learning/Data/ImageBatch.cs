using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Data;

/// <summary>A decoded share of one global batch, on the CPU. Whoever takes it disposes it.</summary>
/// <param name="Images">float32 <c>[n,3,H,W]</c>, normalised.</param>
/// <param name="Labels">int64 <c>[n]</c>.</param>
/// <param name="GlobalCount">Samples in the whole global batch, over all ranks: what a mean divides by.</param>
public sealed record ImageBatch(Tensor Images, Tensor Labels, int GlobalCount) : IDisposable
{
    /// <summary>Samples of this share.</summary>
    public int Count => (int)Labels.shape[0];

    /// <inheritdoc/>
    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
    }
}

/// <summary>Yields the batches of one rank in step order, decoded ahead of the training thread.</summary>
public interface IBatchStream : IDisposable
{
    /// <summary>Steps in one epoch, the same on every rank.</summary>
    int StepsPerEpoch { get; }

    /// <summary>
    /// The share of this rank of the global batch <paramref name="step"/> (from 0) of <paramref name="epoch"/> (from 0). Blocks until it is decoded.
    /// Calls come in order; any first position is allowed, so that a run can resume in the middle of an epoch.
    /// </summary>
    /// <exception cref="LearningException">A picture could not be read; names it.</exception>
    ImageBatch Take(int epoch, int step, CancellationToken cancellationToken);
}
