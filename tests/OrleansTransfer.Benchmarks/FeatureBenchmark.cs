using System.Diagnostics;
using System.Text.Json;
using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Drawing;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using OrleansTransfer.Learning.Trunks;
using TorchSharp;

namespace OrleansTransfer.Benchmarks;

/// <summary>
/// Trials that train a head on a frozen backbone, on pictures and on features that are computed once: what the first and each later trial take, and
/// how far their losses are apart. Options: <c>--network resnet18 --size 96 --pictures 256 --epochs 10 --trials 3 --threads 1</c>.
/// </summary>
internal static class FeatureBenchmark
{
    private const int Classes = 2, BatchSize = 32;

    public static Task RunAsync(Options options) => Task.Run(() => Run(options));

    private static void Run(Options options)
    {
        var (network, size, epochs) = (options.Text("network", "resnet18"), options.Number("size", 96), options.Number("epochs", 10));
        var (count, trials, threads) = (options.Number("pictures", 256), options.Number("trials", 3), options.Number("threads", 1));
        ComputeThread.Configure(threads);
        var folder = Directory.CreateTempSubdirectory("otx-features-").FullName;
        try
        {
            LeafDataset.WriteTarget(folder, count / 2, count / 8, seed: 3, size);
            var run = new Trials(folder, network, size, epochs, new(threads, 2));
            var plain = run.Train(rate: 1e-3, kept: false);
            var kept = Enumerable.Range(0, trials).Select(_ => run.Train(rate: 1e-3, kept: true)).ToList();
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                benchmark = "features",
                network,
                size,
                pictures = count + count / 4,
                epochs,
                threads,
                keptMegabytes = Math.Round(Directory.GetFiles(Path.Combine(folder, "kept")).Sum(file => new FileInfo(file).Length) / 1e6, 2),
                picturesSeconds = Math.Round(plain.Seconds, 3),
                firstTrialSeconds = Math.Round(kept[0].Seconds, 3),
                laterTrialSeconds = Math.Round(kept.Skip(1).Select(trial => trial.Seconds).DefaultIfEmpty(double.NaN).Min(), 3),
                speedUpOfFirst = Math.Round(plain.Seconds / kept[0].Seconds, 2),
                speedUpOfLater = Math.Round(plain.Seconds / kept.Skip(1).Select(trial => trial.Seconds).DefaultIfEmpty(double.NaN).Min(), 1),
                greatestRelativeDifferenceOfLosses = kept.Max(trial => trial.Losses.Zip(plain.Losses)
                    .Max(pair => Math.Abs(pair.First - pair.Second) / Math.Max(1e-3, Math.Abs(pair.Second)))),
            }));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed class Trials(string folder, string network, int size, int epochs, DecodingOptions decoding)
    {
        private readonly ImageDataset _train = ImageFolder.Scan(Path.Combine(folder, "train"), labels: null, CancellationToken.None);
        private readonly ImageDataset _test = ImageFolder.Scan(Path.Combine(folder, "test"), labels: null, CancellationToken.None);
        private readonly Preprocessing _preprocessing = Backbones.Get(network).Preprocessing.ForInputSize(size);

        public (double Seconds, List<double> Losses) Train(double rate, bool kept)
        {
            using var model = Backbones.Get(network).Create(Classes);
            model.Initialize(1);
            model.ReplaceHead(Classes, 0.2, 7);
            var phases = TransferMethods.Plan("feature-extraction", new(epochs, "none", rate, 0), model);
            var plan = new TrainingPlan(
                network, Classes, 0.2, phases, BatchNormPolicy.Frozen, OptimizerKind.AdamW, 0.01, ScheduleKind.OneCycle, 42);
            using var replica = new Replica(plan, model, torch.CPU);
            var cache = new TrunkCache(Path.Combine(folder, "kept"), long.MaxValue);
            var observer = new Losses();
            var started = Stopwatch.GetTimestamp();
            using var train = Open(_train, new(_train.Samples.Count, BatchSize, 3, shuffle: true));
            using var test = Open(_test, new(_test.Samples.Count, 64, 3, shuffle: false));
            new TrainingLoop(replica, new SupervisedObjective(), TrainingData.Supervised(train, test, _train.Labels), new NoExchange(), observer)
                .Run(TrainingPosition.Start, CancellationToken.None);
            return (Stopwatch.GetElapsedTime(started).TotalSeconds, observer.All);

            IBatchStream Open(ImageDataset dataset, BatchPlan plan)
            {
                if (!kept) return Pictures(dataset, plan);
                var key = TrunkKey.Of(model, _preprocessing, dataset.Root, dataset.Samples, CancellationToken.None);
                var file = cache.Open(key, dataset.Samples.Count, writer =>
                {
                    using var pictures = Pictures(dataset, new(dataset.Samples.Count, 64, 0, shuffle: false));
                    TrunkRecorder.Record(replica, pictures, writer, CancellationToken.None);
                }, CancellationToken.None).File;
                return new TrunkStream(file, [.. dataset.Samples.Select(sample => sample.Label)], plan, 0, 1);
            }
        }

        private ImageBatchStream Pictures(ImageDataset dataset, BatchPlan plan) =>
            new(dataset.Root, dataset.Samples, _preprocessing, AugmentKind.None, plan, 0, 1, 42, decoding);
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
