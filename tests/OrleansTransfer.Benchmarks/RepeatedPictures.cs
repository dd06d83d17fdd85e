using OrleansTransfer.Learning.Data;
using static TorchSharp.torch;

namespace OrleansTransfer.Benchmarks;

/// <summary>The same random batch at every step, where the data path is not what is measured.</summary>
/// <param name="steps">Steps of an epoch.</param>
/// <param name="batch">This rank's share of a batch.</param>
/// <param name="size">Height and width of a picture.</param>
/// <param name="classes">Labels to draw from.</param>
/// <param name="rank">Whose share it is.</param>
/// <param name="worldSize">Ranks that have one of the same size.</param>
internal sealed class RepeatedPictures(int steps, int batch, int size, int classes, int rank = 0, int worldSize = 1) : IBatchStream
{
    private readonly Tensor _pictures = randn(batch, 3, size, size), _labels = randint(0, classes, batch, ScalarType.Int64);

    public int StepsPerEpoch => steps;

    public Batch Take(int epoch, int step, CancellationToken cancellationToken) =>
        new(_pictures.alias(), _labels.alias(), batch * worldSize) { Offset = batch * rank };

    public void Dispose()
    {
        _pictures.Dispose();
        _labels.Dispose();
    }
}
