using OrleansTransfer.Learning.Compute;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Evaluation;

/// <summary>Gathers what a classifier said of labelled samples, batch by batch. Confined to one thread.</summary>
public sealed class ConfusionMatrix(IReadOnlyList<string> labels)
{
    private readonly long[] _counts = new long[labels.Count * labels.Count];

    /// <summary>Counts, row after row: <c>actual * labels + predicted</c>.</summary>
    public ReadOnlySpan<long> Counts => _counts;

    /// <summary>Sum of the samples' cross-entropies, in nats.</summary>
    public double LossSum { get; private set; }

    /// <summary>Adds a batch.</summary>
    /// <param name="logits">float <c>[n,K]</c>, K the number of labels; n may be 0.</param>
    /// <param name="actual">int64 <c>[n]</c>, each 0 to K - 1, on the device of <paramref name="logits"/>.</param>
    /// <exception cref="ArgumentException">The shapes do not fit each other or the labels.</exception>
    public void Add(Tensor logits, Tensor actual)
    {
        if (logits.dim() != 2 || logits.shape[1] != labels.Count || actual.dim() != 1 || actual.shape[0] != logits.shape[0])
        {
            throw new ArgumentException(
                $"Expected logits [n,{labels.Count}] and labels [n], " +
                $"found [{string.Join(',', logits.shape)}] and [{string.Join(',', actual.shape)}].");
        }
        if (actual.shape[0] == 0) return;
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var cells = actual.TimesWhole(labels.Count).Plus(logits.argmax(1));
        var counts = bincount(cells, minlength: _counts.Length).cpu();
        var loss = nn.functional.cross_entropy(logits.to(ScalarType.Float32), actual, reduction: nn.Reduction.Sum).item<float>();
        Add(counts.data<long>().ToArray(), loss);
    }

    /// <summary>Adds what another worker gathered over other samples.</summary>
    /// <exception cref="ArgumentException">The counts are of another number of labels.</exception>
    public void Add(ReadOnlySpan<long> counts, double lossSum)
    {
        if (counts.Length != _counts.Length) throw new ArgumentException($"Expected {_counts.Length} counts, found {counts.Length}.", nameof(counts));
        for (var i = 0; i < counts.Length; i++) _counts[i] += counts[i];
        LossSum += lossSum;
    }

    /// <summary>What was gathered so far; the loss is 0 without samples.</summary>
    public ClassificationReport Report()
    {
        var samples = _counts.Sum();
        return new([.. labels], [.. _counts.Chunk(labels.Count)], samples == 0 ? 0 : LossSum / samples);
    }
}
