using OrleansTransfer.Learning.Data;
using static TorchSharp.torch;

namespace OrleansTransfer.Benchmarks.Tuning.Recorded;

/// <summary>Pictures that stay in memory.</summary>
internal sealed class HeldPictures : IDisposable
{
    private readonly Tensor _pictures, _labels;

    private HeldPictures(Tensor pictures, Tensor labels) => (_pictures, _labels) = (pictures, labels);

    public int Count => (int)_labels.shape[0];

    /// <summary>Evenly spaced samples of a file of digits, which is sorted by label.</summary>
    public static HeldPictures Read(string file, int count)
    {
        var dataset = ImageFolder.Scan(file, labels: null, CancellationToken.None);
        var samples = Enumerable.Range(0, count).Select(i => dataset.Samples[(int)((long)i * dataset.Samples.Count / count)]).ToList();
        var reader = new PictureReader(new(SmallNetwork.Size, SmallNetwork.Size, Interpolation.Bilinear, [0.5f, 0.5f, 0.5f], [0.5f, 0.5f, 0.5f]));
        var pixels = new float[count * reader.Length];
        for (var i = 0; i < count; i++)
            reader.Read(Path.Combine(dataset.Root, samples[i].Path), samples[i].Path, pixels.AsSpan(i * reader.Length, reader.Length));
        return new(
            tensor(pixels, [count, 3, SmallNetwork.Size, SmallNetwork.Size]).DetachFromDisposeScope(),
            tensor([.. samples.Select(sample => (long)sample.Label)]).DetachFromDisposeScope());
    }

    /// <summary>The pictures in the batches of a plan.</summary>
    public IBatchStream In(BatchPlan plan) => new Stream(this, plan);

    /// <inheritdoc/>
    public void Dispose()
    {
        _pictures.Dispose();
        _labels.Dispose();
    }

    private sealed class Stream(HeldPictures pictures, BatchPlan plan) : IBatchStream
    {
        public int StepsPerEpoch => plan.StepsPerEpoch;

        public Batch Take(int epoch, int step, CancellationToken cancellationToken)
        {
            using var index = tensor([.. plan.Global(epoch, step).Select(i => (long)i)]);
            return new(
                pictures._pictures.index_select(0, index).DetachFromDisposeScope(), pictures._labels.index_select(0, index).DetachFromDisposeScope(),
                (int)index.shape[0]);
        }

        public void Dispose() { }
    }
}
