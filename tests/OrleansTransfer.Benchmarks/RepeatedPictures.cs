using OrleansTransfer.Learning.Data;
using static TorchSharp.torch;

namespace OrleansTransfer.Benchmarks;

/// <summary>The same random batch at every step, where the data path is not what is measured.</summary>
internal sealed class RepeatedPictures(int steps, int batch, int size, int classes) : IBatchStream
{
    private readonly Tensor _pictures = randn(batch, 3, size, size), _labels = randint(0, classes, batch, ScalarType.Int64);

    public int StepsPerEpoch => steps;

    public Batch Take(int epoch, int step, CancellationToken cancellationToken) => new(_pictures.alias(), _labels.alias(), batch);

    public void Dispose()
    {
        _pictures.Dispose();
        _labels.Dispose();
    }
}
