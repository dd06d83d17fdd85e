using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Drawing;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Tests.Training;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using OrleansTransfer.Learning.Trunks;
using TorchSharp;

namespace OrleansTransfer.Learning.Tests.Trunks;

/// <summary>Runs on drawn leaves, on pictures and on kept features.</summary>
internal sealed class TrunkRuns : IDisposable
{
    private const int Size = 48, BatchSize = 10;

    public TrunkRuns()
    {
        LeafDataset.WriteTarget(Folder.Path, perClassTrain: 11, perClassTest: 5, seed: 5, size: Size);
        (Training, Test) = (Scan("train"), Scan("test"));
    }

    public TemporaryFolder Folder { get; } = new();

    public ImageDataset Training { get; }

    public ImageDataset Test { get; }

    /// <summary>Digests that all runs look up, as those of a node do.</summary>
    public PictureDigests Digests { get; } = new();

    /// <summary>Samples of both sets.</summary>
    public int Samples => Training.Samples.Count + Test.Samples.Count;

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public ImageDataset Scan(string folder) => ImageFolder.Scan(Folder[folder], labels: null, Token);

    /// <summary>An empty cache, or the one of the same name.</summary>
    public TrunkCache Cache(string name = "kept") => new(Folder[name], 1_000_000_000);

    public void Dispose() => Folder.Dispose();

    public static Preprocessing PreprocessingOf(string network) =>
        Backbones.Get(network).Preprocessing.ForInputSize(Math.Max(Size, Backbones.Get(network).MinimumInputSize));

    public static Classifier Model(string network, double dropout, long seed = 1)
    {
        var model = Backbones.Get(network).Create(2);
        model.Initialize(seed);
        model.ReplaceHead(2, dropout, 7);
        return model;
    }

    public static TrainingPlan Plan(Classifier model, string method, string unfreeze, int epochs, double dropout) => new(
        model.Architecture, 2, dropout, TransferMethods.Plan(method, new(epochs, unfreeze, 1e-3, 0.1), model), BatchNormPolicy.Frozen,
        OptimizerKind.AdamW, 0.01, ScheduleKind.OneCycle, 42);

    /// <summary>Trains, on pictures where no cache is given. One compute thread must have been configured.</summary>
    public TrunkRun Train(TrunkSetting setting, TrunkCache? cache = null, IGradientExchange? exchange = null, ReplicaCheckpoint? from = null,
        Func<TrainingPosition, bool, bool>? wants = null, int pauseAfter = int.MaxValue)
    {
        exchange ??= new NoExchange();
        using var model = Model(setting.Network, setting.Dropout);
        var plan = Plan(model, setting.Method, setting.Unfreeze, setting.Epochs, setting.Dropout) with { Accumulate = setting.Parts };
        using var replica = new Replica(plan, model, torch.CPU);
        if (from is not null) replica.Restore(from);
        var preprocessing = PreprocessingOf(setting.Network);
        var (computed, read) = (0, 0);
        using var train = Open(Training, new(Training.Samples.Count, BatchSize, 3, shuffle: true));
        using var test = Open(Test, new(Test.Samples.Count, 64, 3, shuffle: false));
        var observer = new RecordingObserver { Wants = wants ?? ((_, _) => false) };
        observer.AsksForPause = () => observer.Steps.Count + 1 == pauseAfter;
        var loop = new TrainingLoop(replica, new SupervisedObjective(), TrainingData.Supervised(train, test, Training.Labels), exchange, observer);
        loop.Run(from?.Position ?? TrainingPosition.Start, Token);
        return new(observer, Runs.Hashes(model), loop.Position, replica.Capture(loop.Position), computed, read);

        IBatchStream Open(ImageDataset dataset, BatchPlan plan)
        {
            var pictures = new ImageBatchStream(
                dataset.Root, dataset.Samples, preprocessing, AugmentKind.None, plan, exchange.Rank, exchange.WorldSize, 42, new(1, 1));
            if (cache is null) return pictures;
            var trunk = new FrozenTrunk(replica);
            var digest = Digests.Of(dataset.Root, dataset.Samples, Token);
            var kept = cache.Open(
                TrunkKey.Of(model, preprocessing, digest), dataset.Samples.Count, () => trunk.ShapeOfSample(preprocessing.Crop));
            return new TrunkStream(pictures, kept.File, trunk)
            {
                Count = (made, found) => (computed, read) = (computed + made, read + found),
                Complain = message => throw new InvalidOperationException(message),
            };
        }
    }
}

/// <summary>What a run is of.</summary>
internal sealed record TrunkSetting(string Network, string Method = "fine-tune", string Unfreeze = "none", int Epochs = 3)
{
    public double Dropout { get; init; } = 0.3;

    public int Parts { get; init; } = 1;
}

/// <summary>What came of a run.</summary>
/// <param name="Observer">Its steps and epochs.</param>
/// <param name="Weights">Hashes of the weights at the end.</param>
/// <param name="Position">Where it ended.</param>
/// <param name="State">The replica then.</param>
/// <param name="Computed">Features that were computed.</param>
/// <param name="Read">Features that were read.</param>
internal sealed record TrunkRun(
    RecordingObserver Observer, IReadOnlyDictionary<string, string> Weights, TrainingPosition Position, ReplicaCheckpoint State, int Computed,
    int Read)
{
    public List<StepReport> Steps => Observer.Steps;

    public List<EpochReport> Epochs => Observer.Epochs;

    public void AssertLossesOf(TrunkRun expected, double tolerance = 1e-5)
    {
        Assert.Equal(expected.Steps.Count, Steps.Count);
        Assert.All(expected.Steps.Zip(Steps), pair => AssertClose(pair.First.Loss, pair.Second.Loss));
        Assert.All(expected.Steps.Zip(Steps), pair => AssertClose(pair.First.GradientNorm, pair.Second.GradientNorm));
        Assert.All(expected.Epochs.Zip(Epochs), pair => AssertClose(pair.First.Validation!.Loss, pair.Second.Validation!.Loss));
        Assert.Equal(expected.Epochs.Select(epoch => epoch.Validation!.Accuracy), Epochs.Select(epoch => epoch.Validation!.Accuracy));

        void AssertClose(double first, double second) => Assert.Equal(first, second, tolerance * Math.Max(1e-2, Math.Abs(first)));
    }

    /// <summary>The same bits in all steps that this run has.</summary>
    public void AssertBitsOf(TrunkRun expected)
    {
        Assert.Equal(expected.Steps.TakeLast(Steps.Count).Select(step => (step.Position, step.Loss, step.Phase)),
            Steps.Select(step => (step.Position, step.Loss, step.Phase)));
        Assert.Equal(expected.Epochs.TakeLast(Epochs.Count).Select(epoch => (epoch.TrainingLoss, epoch.Validation!.Loss)),
            Epochs.Select(epoch => (epoch.TrainingLoss, epoch.Validation!.Loss)));
        Assert.Equal(expected.Weights, Weights);
    }
}
