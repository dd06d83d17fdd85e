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

    /// <summary>Seconds that were spent on computing that, of those it took to get the batch.</summary>
    public double TrunkSeconds { get; init; }

    /// <summary>Places of the share whose inputs mean nothing, for nobody needs them, ascending: see <see cref="ISampleStream.Spares"/>.</summary>
    public IReadOnlyList<int> Spared { get; init; } = [];

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

/// <summary>A stream of samples that can tell which ones a batch has without preparing them.</summary>
public interface ISampleStream : IBatchStream
{
    /// <summary>
    /// Whether nobody needs the inputs of a sample, by its index; asked when its batch is begun, from any thread. Set before the first batch is
    /// taken. Streams that have inputs at no cost need not ask.
    /// </summary>
    Func<int, bool> Spares { set; }

    /// <summary>What <see cref="IBatchStream.Take"/> gives, but for the inputs.</summary>
    SampleShare ShareOf(int epoch, int step);
}

/// <summary>The samples of a rank's share of one global batch.</summary>
/// <param name="Indices">Which they are.</param>
/// <param name="Labels">Their labels.</param>
/// <param name="GlobalCount">Samples in the whole global batch.</param>
/// <param name="Offset">Samples of the global batch before this share.</param>
public sealed record SampleShare(IReadOnlyList<int> Indices, long[] Labels, int GlobalCount, int Offset);
