using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Text;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Text;

/// <summary>
/// English reviews of films teach a classifier of word vectors, which then judges English reviews it has not seen and, where the vectors of another
/// language stand in the same space, reviews in Hindi.
/// </summary>
public sealed class SentimentTransferTests
{
    private const int MaximumLength = 128, BatchSize = 64;

    private static readonly string[] s_tables = ["glove_en_100d.f16.safetensors", "hindi_from_lexicon_100d.f16.safetensors"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void What_is_learned_from_English_reviews_holds_for_English_and_in_part_for_Hindi()
    {
        using var scope = NewDisposeScope();
        var train = TextTable.Read(Sentiment("en_train.tsv"));
        var test = TextTable.Read(Sentiment("en_test.tsv"), train.Labels);

        var english = WordVectors.Load([SharedFolder.Path("data", "embeddings", s_tables[0])]);
        var (vocabulary, rows) = Vocabulary.Build(english, train.Samples.Select(sample => sample.Text), UnknownWords.Drop);
        using var model = Train(vocabulary, rows, Tokens(vocabulary, train), epochs: 3, trainVectors: true);
        var accuracy = Accuracy(model, Tokens(vocabulary, test));

        var both = WordVectors.Load([.. s_tables.Select(name => SharedFolder.Path("data", "embeddings", name))], normalise: true);
        var (shared, sharedRows) = Vocabulary.Build(both, [], UnknownWords.Drop);
        using var bilingual = Train(shared, sharedRows, Tokens(shared, train), epochs: 6, trainVectors: false);
        var hindi = TextTable.Read(Sentiment("hi_dev.tsv"), train.Labels);
        var unlabelled = TextTable.ReadUnlabelled(Sentiment("hi_unlabeled.txt"));
        var before = Accuracy(bilingual, Tokens(shared, hindi));
        TakeStatistics(bilingual, Tokens(shared, unlabelled));
        var after = Accuracy(bilingual, Tokens(shared, hindi));

        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant(
            $"Accuracy: English {accuracy:0.000}; Hindi {before:0.000}, and {after:0.000} with the statistics of unlabelled Hindi."));
        Assert.InRange(accuracy, 0.73, 0.80);
        // 185 texts: one standard error is 0.035.
        Assert.InRange(before, 0.56, 0.78);
        Assert.InRange(after, 0.56, 0.78);
    }

    private static WordVectorClassifier Train(Vocabulary vocabulary, Tensor rows, TokenizedTexts texts, int epochs, bool trainVectors)
    {
        var model = new WordVectorClassifier("words", new(vocabulary.Rows, (int)rows.shape[1]), 2);
        model.Initialize(1);
        model.LoadVectors(rows);
        model.ReplaceHead(2, dropout: 0.2, seed: 1);
        model.get_parameter("embedding.weight")!.requires_grad_(trainVectors);
        using var optimizer = optim.Adam(model.parameters().Where(parameter => parameter.requires_grad).ToList(), 3e-3, weight_decay: 1e-4);
        using var stream = new TextBatchStream(texts, new(texts.Samples, BatchSize, 1, shuffle: true, texts.Lengths), 0, 1, 1);
        for (var epoch = 0; epoch < epochs; epoch++)
            for (var step = 0; step < stream.StepsPerEpoch; step++)
            {
                using var inner = NewDisposeScope();
                using var batch = stream.Take(epoch, step, Token);
                optimizer.zero_grad();
                nn.functional.cross_entropy(model.call(batch.Inputs), batch.Labels).backward();
                optimizer.step();
            }
        return model;
    }

    private static double Accuracy(WordVectorClassifier model, TokenizedTexts texts)
    {
        using var noGradient = no_grad();
        model.eval();
        long right = 0;
        using var stream = new TextBatchStream(texts, new(texts.Samples, 256, 0, shuffle: false), 0, 1, 0);
        for (var step = 0; step < stream.StepsPerEpoch; step++)
        {
            using var inner = NewDisposeScope();
            using var batch = stream.Take(0, step, Token);
            right += model.call(batch.Inputs).argmax(1).eq(batch.Labels).sum().ToInt64();
        }
        return (double)right / texts.Samples;
    }

    // The BatchNorm layer's means and variances become those of the texts; nothing else changes.
    private static void TakeStatistics(WordVectorClassifier model, TokenizedTexts texts)
    {
        using var noGradient = no_grad();
        var norm = model.modules().OfType<BatchNorm1d>().Single();
        norm.reset_running_stats();
        model.train();
        using var stream = new TextBatchStream(texts, new(texts.Samples, 512, 3, shuffle: true), 0, 1, 0);
        // Running statistics forget by a tenth per batch what they started from.
        for (var epoch = 0; epoch < 5; epoch++)
            for (var step = 0; step < stream.StepsPerEpoch; step++)
            {
                using var inner = NewDisposeScope();
                using var batch = stream.Take(epoch, step, Token);
                model.Features(batch.Inputs);
            }
    }

    private static TokenizedTexts Tokens(Vocabulary vocabulary, TextDataset dataset) =>
        TokenizedTexts.Of(dataset.Samples, vocabulary.Encode, MaximumLength);

    private static string Sentiment(string name) => SharedFolder.Path("data", "sentiment", name);
}
