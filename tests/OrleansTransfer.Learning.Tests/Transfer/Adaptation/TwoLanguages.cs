using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Text;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Learning.Tests.Transfer.Adaptation;

/// <summary>Random texts: those of the target have words without vectors beside the source's.</summary>
internal static class TwoLanguages
{
    private const int Rows = 12, Ids = 20, Batch = 12, Judged = 40;

    public static IReadOnlyList<string> Stages { get; } = ["embedding", "encoder"];

    public static IReadOnlyList<int[]> TargetIds { get; } = Texts(Judged, Ids, seed: 11).Tokens;

    public static Classifier Model(int seed)
    {
        var model = new WordVectorClassifier("small", new(Rows, 6, Hidden: 0) { Ids = Ids, EvidenceKeys = Ids * Ids }, TwoDomains.Classes);
        model.Initialize(seed);
        model.ReplaceHead(TwoDomains.Classes, 0, seed);
        return model;
    }

    public static TrainingData Data(IGradientExchange exchange, int stepsPerEpoch)
    {
        TextBatchStream Open(TokenizedTexts texts, bool shuffle) =>
            new(texts, new(texts.Samples, Batch, 7, shuffle), exchange.Rank, exchange.WorldSize, 7);
        return new(
            new Dictionary<string, IBatchStream>
            {
                [TrainingData.Train] = Open(Texts(stepsPerEpoch * Batch, Rows, seed: 7), shuffle: true),
                [TrainingData.Target] = Open(Texts(Judged, Ids, seed: 11), shuffle: true),
            },
            Open(Texts(30, Rows, seed: 99), shuffle: false),
            ["a", "b", "c"])
        {
            TargetSamples = new(
                Open(Texts(20, Rows, seed: 98), shuffle: false), Open(Texts(Judged, Ids, seed: 11), shuffle: false),
                Open(Texts(25, Ids, seed: 12), shuffle: false)),
        };
    }

    // The label is what the first word says.
    private static TokenizedTexts Texts(int count, int ids, long seed)
    {
        var random = new SplitMix64(seed);
        var samples = new List<TextSample>();
        for (var i = 0; i < count; i++)
        {
            var words = new int[3 + random.NextInt(6)];
            for (var w = 0; w < words.Length; w++) words[w] = 1 + random.NextInt(ids - 1);
            samples.Add(new(string.Join(' ', words), words[0] % TwoDomains.Classes, i + 1));
        }
        return TokenizedTexts.Of(samples, text => text.Split(' ').Select(int.Parse), maximumLength: 16);
    }
}
