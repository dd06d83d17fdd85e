using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Text;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using TorchSharp;

namespace OrleansTransfer.Learning.Tests.Training;

/// <summary>Texts in the training loop, by one worker and by several.</summary>
public sealed class TextTrainingTests
{
    private const int Words = 40, Texts = 121;

    [Theory]
    [InlineData(TextPoolingKind.Mean)]
    [InlineData(TextPoolingKind.Attention)]
    [InlineData(TextPoolingKind.Convolution)]
    [InlineData(TextPoolingKind.Transformer)]
    public void Training_learns_and_several_workers_train_as_one(TextPoolingKind pooling)
    {
        Assert.True(Train(1, pooling, BatchNormPolicy.Synchronized)[0].Accuracy > 0.9);
        // AdamW makes whole steps of what rounding leaves of a gradient that should be zero, so the comparison is one of SGD.
        var alone = Train(1, pooling, BatchNormPolicy.Synchronized, optimizer: OptimizerKind.Sgd)[0];
        var pair = Train(2, pooling, BatchNormPolicy.Synchronized, optimizer: OptimizerKind.Sgd);
        Assert.Equal(pair[0].Hashes, pair[1].Hashes);
        foreach (var (expected, actual) in alone.Losses.Zip(pair[0].Losses)) Assert.Equal(1, actual / expected, 1e-3);
    }

    [Theory]
    [InlineData(BatchNormPolicy.Synchronized)]
    [InlineData(BatchNormPolicy.Trainable)]
    [InlineData(BatchNormPolicy.Frozen)]
    public void A_worker_may_have_a_single_text(BatchNormPolicy policy)
    {
        var ranks = Train(3, TextPoolingKind.Mean, policy, batch: 4);
        Assert.All(ranks[0].Losses, loss => Assert.True(double.IsFinite(loss)));
        Assert.Equal(ranks[0].Hashes, ranks[1].Hashes);
        Assert.Equal(ranks[0].Hashes, ranks[2].Hashes);
    }

    private static IReadOnlyList<(List<double> Losses, SortedDictionary<string, string> Hashes, double Accuracy)> Train(
        int worldSize, TextPoolingKind pooling, BatchNormPolicy policy, int batch = 24, OptimizerKind optimizer = OptimizerKind.AdamW)
    {
        var texts = Made();
        return LockstepExchange.RunGroup(worldSize, (exchange, cancellationToken) =>
        {
            using var model = new WordVectorClassifier("words", new(Words + 1, 8, pooling, Hidden: 8), 2);
            model.Initialize(1);
            var phase = new Phase("fine-tune", 4, ["embedding", "encoder"], 3e-2, 1);
            using var replica = new Replica(
                new("words", 2, 0, [phase], policy, optimizer, 0.01, ScheduleKind.OneCycle, 42), model, torch.CPU);
            using var training = new TextBatchStream(texts, new(Texts, batch, 3, true, texts.Lengths), exchange.Rank, exchange.WorldSize, 5, 0.1);
            using var validation = new TextBatchStream(texts, new(Texts, 32, 0, false), exchange.Rank, exchange.WorldSize, 0);
            var observer = new RecordingObserver();
            var loop = new TrainingLoop(
                replica, new SupervisedObjective(), TrainingData.Supervised(training, validation, ["even", "odd"]), exchange, observer);
            var result = loop.Run(TrainingPosition.Start, cancellationToken)!;
            return (observer.Steps.Select(step => step.Loss).ToList(), Runs.Hashes(model), result.Validation!.Accuracy);
        });
    }

    // Texts of 0 to 12 words; of those of one label most words are even, of the others odd.
    private static TokenizedTexts Made()
    {
        var random = new SplitMix64(1);
        List<TextSample> samples = [];
        for (var i = 0; i < Texts; i++)
        {
            var words = new List<int>();
            for (var left = i == 0 ? 0 : 2 + random.NextInt(11); left > 0; left--)
                words.Add(1 + (2 * random.NextInt(Words / 2)) + (random.NextInt(10) == 0 ? 1 - (i % 2) : i % 2));
            samples.Add(new(string.Join(' ', words), i % 2, i));
        }
        return TokenizedTexts.Of(samples, text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse), 10);
    }
}
