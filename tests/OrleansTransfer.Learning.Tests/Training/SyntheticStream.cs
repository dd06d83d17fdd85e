using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Training;

/// <summary>
/// Coloured noise whose label can be learned from its colour. Global batches are a pure function of epoch and step; shares are
/// contiguous and may be uneven or empty.
/// </summary>
internal sealed class SyntheticStream(
    int stepsPerEpoch, int globalBatch = 12, int rank = 0, int worldSize = 1, int classes = 3, int size = 8, long seed = 7) : IBatchStream
{
    public int StepsPerEpoch => stepsPerEpoch;

    /// <summary>Puts NaN pixels into the step with this number in every epoch.</summary>
    public int PoisonedStep { get; init; } = -1;

    public Batch Take(int epoch, int step, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)(seed * 1_000_003 + epoch * 1009 + step));
        var labels = randint(0, classes, globalBatch, ScalarType.Int64, generator: generator);
        var images = randn(globalBatch, 3, size, size, generator: generator);
        TensorArithmetic.Add(images, nn.functional.one_hot(labels, Math.Max(3, classes))[.., ..3].to(ScalarType.Float32).unsqueeze(2).unsqueeze(3));
        if (step == PoisonedStep) images.FillWith(double.NaN);
        var (start, end) = (globalBatch * rank / worldSize, globalBatch * (rank + 1) / worldSize);
        return new(images[start..end].clone().DetachFromDisposeScope(), labels[start..end].clone().DetachFromDisposeScope(), globalBatch) { Offset = start };
    }

    public void Dispose() { }
}
