using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Text;

namespace OrleansTransfer.Cli.Models;

/// <summary>How texts reach the network of a bundle.</summary>
/// <param name="Vocabulary">The words it knows.</param>
/// <param name="MaximumLength">Words of a text that are looked at.</param>
internal sealed record TextInput(Vocabulary Vocabulary, int MaximumLength)
{
    private const int BatchSize = 32;

    /// <summary>The texts as batches, in their order.</summary>
    public TextBatchStream Open(IReadOnlyList<TextSample> samples) => new(
        TokenizedTexts.Of(samples, Vocabulary.Encode, MaximumLength), new BatchPlan(samples.Count, BatchSize, seed: 0, shuffle: false), 0, 1, 0);
}
