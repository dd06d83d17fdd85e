using System.Diagnostics;
using System.Text.Json;
using OrleansTransfer.Cluster.Exchange;
using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Drawing;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Text;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using OrleansTransfer.Learning.Trunks;
using TorchSharp;

namespace OrleansTransfer.Benchmarks;

/// <summary>
/// Trials that begin with a frozen backbone, on samples and on features that are computed once: what a trial takes without, the first one with, and a
/// later one, and how far their losses are apart. One worker, workers of one node, linear probing before fine-tuning, and texts. Options:
/// <c>--network resnet18 --size 96 --pictures 256 --epochs 10 --threads 1 --workers 2 --texts 256 --length 64</c>.
/// </summary>
internal static class FeatureBenchmark
{
    private const int Classes = 2, BatchSize = 32;

    public static Task RunAsync(Options options) => Task.Run(() => Run(options));

    private static void Run(Options options)
    {
        var (network, size, count) = (options.Text("network", "resnet18"), options.Number("size", 96), options.Number("pictures", 256));
        var (epochs, threads, workers) = (options.Number("epochs", 10), options.Number("threads", 1), options.Number("workers", 2));
        var (texts, length) = (options.Number("texts", 256), options.Number("length", 64));
        ComputeThread.Configure(threads);
        var folder = Directory.CreateTempSubdirectory("otx-features-").FullName;
        try
        {
            LeafDataset.WriteTarget(folder, count / 2, count / 8, seed: 3, size);
            var pictures = new Pictures(folder, network, size, new(threads, 2));
            var setting = new Setting("feature-extraction", epochs, threads, Workers: 1);
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                benchmark = "features",
                network,
                size,
                pictures = count + count / 4,
                texts,
                length,
                epochs,
                threads,
                oneWorker = Compare(folder, "one", setting, pictures),
                manyWorkers = Compare(folder, "many", setting with { Workers = workers }, pictures),
                workers,
                lpFt = Compare(folder, "lp-ft", setting with { Method = "lp-ft" }, pictures),
                encoder = Compare(folder, "texts", setting, new Texts(texts, length)),
            }));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static object Compare(string folder, string name, Setting setting, ISamples samples)
    {
        var without = Train(setting, samples, cache: null);
        var kept = Path.Combine(folder, name);
        var first = Train(setting, samples, new(kept, long.MaxValue));
        var later = Train(setting, samples, new(kept, long.MaxValue));
        return new
        {
            withoutSeconds = Math.Round(without.Seconds, 3),
            firstSeconds = Math.Round(first.Seconds, 3),
            laterSeconds = Math.Round(later.Seconds, 3),
            speedUpOfFirst = Math.Round(without.Seconds / first.Seconds, 2),
            speedUpOfLater = Math.Round(without.Seconds / later.Seconds, 1),
            keptMegabytes = Math.Round(Directory.GetFiles(kept).Sum(file => new FileInfo(file).Length) / 1e6, 2),
            greatestRelativeDifferenceOfLosses = new[] { first, later }.Max(trial => trial.Losses.Zip(without.Losses)
                .Max(pair => Math.Abs(pair.First - pair.Second) / Math.Max(1e-3, Math.Abs(pair.Second)))),
        };
    }

    private static (double Seconds, List<double> Losses) Train(Setting setting, ISamples samples, TrunkCache? cache)
    {
        var started = Stopwatch.GetTimestamp();
        if (setting.Workers == 1)
        {
            var losses = OneWorker(new NoExchange());
            return (Stopwatch.GetElapsedTime(started).TotalSeconds, losses);
        }
        using var session = new GroupSession(new("features", 1), 0, setting.Workers, setting.Workers, lanes: null, new());
        var ranks = Enumerable.Range(0, setting.Workers)
            .Select(rank => Task.Factory.StartNew(() => OneWorker(session.For(rank)), TaskCreationOptions.LongRunning)).ToArray();
        Task.WaitAll(ranks);
        return (Stopwatch.GetElapsedTime(started).TotalSeconds, ranks[0].Result);

        List<double> OneWorker(IGradientExchange exchange)
        {
            ComputeThread.Configure(setting.Threads);
            using var model = samples.Model();
            model.ReplaceHead(Classes, 0, 7);
            var phases = TransferMethods.Plan(setting.Method, new(setting.Epochs, "last-1-stages", 1e-3, 0.1), model);
            var plan = new TrainingPlan(
                model.Architecture, Classes, 0, phases, BatchNormPolicy.Frozen, OptimizerKind.AdamW, 0.01, ScheduleKind.OneCycle, 42);
            using var replica = new Replica(plan, model, torch.CPU);
            var trunk = new FrozenTrunk(replica);
            var observer = new Losses();
            using var train = Stream(training: true);
            using var test = Stream(training: false);
            new TrainingLoop(replica, new SupervisedObjective(), TrainingData.Supervised(train, test, ["a", "b"]), exchange, observer)
                .Run(TrainingPosition.Start, CancellationToken.None);
            return observer.All;

            IBatchStream Stream(bool training)
            {
                var count = samples.Count(training);
                var stream = samples.Open(training, new(count, training ? BatchSize : 64, 3, shuffle: training), exchange.Rank, exchange.WorldSize);
                if (cache is null) return stream;
                var kept = cache.Open(samples.KeyOf(training, model), count, () => trunk.ShapeOfSample(samples.PictureSize));
                return new TrunkStream(stream, kept.File, trunk);
            }
        }
    }

    private sealed record Setting(string Method, int Epochs, int Threads, int Workers);

    private interface ISamples
    {
        int? PictureSize { get; }

        Classifier Model();

        int Count(bool training);

        ISampleStream Open(bool training, BatchPlan plan, int rank, int worldSize);

        string KeyOf(bool training, Classifier model);
    }

    private sealed class Pictures(string folder, string network, int size, DecodingOptions decoding) : ISamples
    {
        private readonly ImageDataset _train = ImageFolder.Scan(Path.Combine(folder, "train"), labels: null, CancellationToken.None);
        private readonly ImageDataset _test = ImageFolder.Scan(Path.Combine(folder, "test"), labels: null, CancellationToken.None);
        private readonly Preprocessing _preprocessing = Backbones.Get(network).Preprocessing.ForInputSize(size);
        private readonly PictureDigests _digests = new();

        public int? PictureSize => _preprocessing.Crop;

        public Classifier Model()
        {
            var model = Backbones.Get(network).Create(Classes);
            model.Initialize(1);
            return model;
        }

        public int Count(bool training) => Set(training).Samples.Count;

        public ISampleStream Open(bool training, BatchPlan plan, int rank, int worldSize) => new ImageBatchStream(
            Set(training).Root, Set(training).Samples, _preprocessing, AugmentKind.None, plan, rank, worldSize, 42, decoding);

        public string KeyOf(bool training, Classifier model) =>
            TrunkKey.Of(model, _preprocessing, _digests.Of(Set(training).Root, Set(training).Samples, CancellationToken.None));

        private ImageDataset Set(bool training) => training ? _train : _test;
    }

    private sealed class Texts(int count, int length) : ISamples, ITextTokenizer
    {
        private static readonly TextConfiguration s_sizes = new(4, 192, 4, 768, Vocabulary: 1000, Positions: 512, TokenTypes: 2, NormEpsilon: 1e-12);

        public int? PictureSize => null;

        public int PaddingToken => 0;

        public int VocabularySize => s_sizes.Vocabulary;

        public Classifier Model()
        {
            var model = new Bert("bert", s_sizes, Classes);
            model.Initialize(1);
            return model;
        }

        public int Count(bool training) => training ? count : count / 4;

        public ISampleStream Open(bool training, BatchPlan plan, int rank, int worldSize) =>
            new TextBatchStream(Tokens(training), plan.ByLength(Tokens(training).Lengths), rank, worldSize, 42);

        public string KeyOf(bool training, Classifier model) => TrunkKey.Of((TextEncoder)model, Tokens(training));

        public EncodedText Encode(string text, int maximumLength)
        {
            var random = new SplitMix64(text.Sum(letter => letter));
            var words = length / 2 - 2 + text.Length % (length / 2);
            return new([1, .. Enumerable.Range(0, words).Select(_ => 3 + (int)(random.NextDouble() * 900)), 2], false);
        }

        private TokenizedTexts Tokens(bool training) => TokenizedTexts.Of(
            [.. Enumerable.Range(0, Count(training)).Select(i => new TextSample(new string((char)('a' + i % 20), 1 + i), i % Classes, i + 1))],
            this, "", length);
    }

    private sealed class Losses : ITrainingObserver
    {
        public List<double> All { get; } = [];

        public void OnStep(StepReport report) => All.Add(report.Loss);

        public void OnEpoch(EpochReport report) => All.Add(report.Validation!.Loss);

        public bool WantsCheckpoint(TrainingPosition position, bool endOfEpoch) => false;

        public void OnCheckpoint(ReplicaCheckpoint checkpoint) => checkpoint.Dispose();
    }
}
