using System.Runtime.InteropServices;
using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Text;

/// <summary>
/// The texts of one rank, padded on the right to the longest of the global batch, so that all ranks compute with one length. What a batch contains
/// depends on plan, seed, epoch and step alone. Tokens are known beforehand and a batch is made in microseconds, on the thread that asks for it.
/// </summary>
public sealed class TextBatchStream : ISampleStream
{
    // Lengths are rounded up to this: few distinct shapes, and whole vector registers.
    private const int LengthStep = 8;

    private readonly TokenizedTexts _texts;
    private readonly BatchPlan _plan;
    private readonly int _rank, _worldSize;
    private readonly long _seed;
    private readonly double _wordDropout;

    /// <param name="texts">The samples that <paramref name="plan"/> indexes into.</param>
    /// <param name="seed">Source of the word dropout; the order comes from the plan's own seed.</param>
    /// <param name="wordDropout">
    /// Probability that a token is left out, 0 to 1 (exclusive), drawn anew in each epoch (Iyyer and others, "Deep unordered composition rivals
    /// syntactic methods for text classification", ACL 2015); 0 for evaluation.
    /// </param>
    /// <exception cref="ArgumentException">The plan was made for another number of samples.</exception>
    public TextBatchStream(TokenizedTexts texts, BatchPlan plan, int rank, int worldSize, long seed, double wordDropout = 0)
    {
        if (plan.Samples != texts.Samples)
            throw new ArgumentException($"The plan divides {plan.Samples} samples, but there are {texts.Samples}.", nameof(plan));
        ArgumentOutOfRangeException.ThrowIfLessThan(worldSize, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, worldSize);
        if (wordDropout is not (>= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(wordDropout), wordDropout, "A word dropout is at least 0 and below 1.");
        (_texts, _plan, _rank, _worldSize, _seed, _wordDropout) = (texts, plan, rank, worldSize, seed, wordDropout);
    }

    /// <summary>The samples.</summary>
    public TokenizedTexts Texts => _texts;

    /// <inheritdoc/>
    public int StepsPerEpoch => _plan.StepsPerEpoch;

    /// <inheritdoc/>
    /// <remarks>Tokens are there: none are left out.</remarks>
    public Func<int, bool> Spares
    {
        set { }
    }

    /// <inheritdoc/>
    public SampleShare ShareOf(int epoch, int step)
    {
        var indices = _plan.Share(epoch, step, _rank, _worldSize);
        return new(
            indices, [.. indices.Select(index => (long)_texts.Labels[index])], _plan.Global(epoch, step).Count,
            _plan.Offset(epoch, step, _rank, _worldSize));
    }

    /// <inheritdoc/>
    public Batch Take(int epoch, int step, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var global = _plan.Global(epoch, step);
        var share = _plan.Share(epoch, step, _rank, _worldSize);
        var longest = Math.Max(1, global.Max(index => _texts.Lengths[index]));
        var length = Math.Min((longest + LengthStep - 1) / LengthStep * LengthStep, _texts.MaximumLength);
        var inputs = empty([share.Count, length], ScalarType.Int64).DetachFromDisposeScope();
        var labels = empty([share.Count], ScalarType.Int64).DetachFromDisposeScope();
        if (share.Count > 0)
        {
            var ids = MemoryMarshal.Cast<byte, long>(inputs.bytes);
            var classes = MemoryMarshal.Cast<byte, long>(labels.bytes);
            for (var i = 0; i < share.Count; i++)
            {
                classes[i] = _texts.Labels[share[i]];
                Write(share[i], epoch, ids.Slice(i * length, length));
            }
        }
        return new(inputs, labels, global.Count) { Offset = _plan.Offset(epoch, step, _rank, _worldSize) };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void Write(int index, int epoch, Span<long> row)
    {
        var random = new SplitMix64(Seeds.Derive(_seed, epoch, index));
        var tokens = _texts.Tokens[index];
        var frame = _texts.HasFrame ? 1 : 0;
        var kept = 0;
        for (var i = 0; i < tokens.Length; i++)
            if (i < frame || i >= tokens.Length - frame || _wordDropout == 0 || random.NextDouble() >= _wordDropout) row[kept++] = tokens[i];
        // A text that lost every word says nothing of its label.
        if (kept == 2 * frame)
        {
            kept = 0;
            foreach (var token in tokens) row[kept++] = token;
        }
        row[kept..].Fill(_texts.PaddingToken);
    }
}
