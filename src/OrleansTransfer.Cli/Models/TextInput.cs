using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Text;

namespace OrleansTransfer.Cli.Models;

/// <summary>How texts reach the network of a bundle.</summary>
/// <param name="Tokenize">What makes tokens of them.</param>
internal sealed record TextInput(Func<IReadOnlyList<TextSample>, TokenizedTexts> Tokenize)
{
    private const int BatchSize = 32;

    /// <summary>As the places of words, at most <paramref name="maximumLength"/>.</summary>
    public static TextInput Of(Vocabulary vocabulary, int maximumLength) => new(texts => TokenizedTexts.Of(texts, vocabulary.Encode, maximumLength));

    /// <summary>As the ids of a tokenizer, at most <paramref name="maximumLength"/>, of texts with a prefix.</summary>
    public static TextInput Of(ITextTokenizer tokenizer, string prefix, int maximumLength) =>
        new(texts => TokenizedTexts.Of(texts, tokenizer, prefix, maximumLength));

    /// <summary>The texts as batches, in their order.</summary>
    public TextBatchStream Open(IReadOnlyList<TextSample> samples) =>
        new(Tokenize(samples), new BatchPlan(samples.Count, BatchSize, seed: 0, shuffle: false), 0, 1, 0);
}
