using System.Diagnostics;
using System.Text.Json;
using OrleansTransfer.Cluster.Exchange;
using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using OrleansTransfer.Learning.Transfer.Adaptation;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Benchmarks;

/// <summary>
/// What a step of an adaptation method costs beside a step of supervised training on as many pictures. Both train in one process, as many workers each,
/// turn by turn, so that whatever else the machine does slows both. Options: <c>--methods dann,cdan --network resnet18 --batch 16 --size 64 --workers 1
/// --steps 40 --warmup 10</c>; <c>batch</c> is that of each domain and worker. A worker computes on one thread.
/// </summary>
internal static class AdaptationBenchmark
{
    private const int Classes = 10;

    public static Task RunAsync(Options options) => Task.Run(() =>
    {
        foreach (var name in options.Text("methods", "dann").Split(',')) Run((IAdaptationMethod)TransferMethods.Get(name), options);
    });

    private static void Run(IAdaptationMethod method, Options options)
    {
        int steps = options.Number("steps", 40), warmUp = options.Number("warmup", 10), batch = options.Number("batch", 16);
        var (network, size) = (options.Text("network", "resnet18"), options.Number("size", 64));
        var workers = options.Number("workers", 1);
        using var plain = new Side(network, new SourceOnly(), workers, steps + warmUp, 2 * batch, 0, size);
        using var adapting = new Side(network, method, workers, steps + warmUp, batch, batch, size);
        List<double> supervised = [], adapted = [];
        for (var step = 0; step < steps + warmUp; step++)
        {
            var (first, second) = (plain.Step(), adapting.Step());
            if (step < warmUp) continue;
            supervised.Add(first);
            adapted.Add(second);
        }
        var (bare, own) = (Median(supervised), Median(adapted));
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            benchmark = "adaptation",
            method = method.Name,
            network,
            size,
            workers,
            batchOfEachDomain = batch,
            steps,
            supervisedMedianMs = Math.Round(bare, 2),
            adaptingMedianMs = Math.Round(own, 2),
            ratio = Math.Round(own / bare, 3),
        }));
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>A group of one node that does one step whenever it is asked to.</summary>
    private sealed class Side : IDisposable
    {
        private readonly GroupSession _session;
        private readonly Rank[] _ranks;

        public Side(string network, IAdaptationMethod method, int workers, int steps, int source, int target, int size)
        {
            _session = new(new("adaptation", 1), 0, workers, workers, lanes: null, new());
            _ranks = [.. Enumerable.Range(0, workers).Select(rank => new Rank(
                workers > 1 ? _session.For(rank) : new NoExchange(), network, method, steps, source, target, size))];
        }

        /// <summary>Milliseconds until all have done the next step.</summary>
        public double Step()
        {
            var started = Stopwatch.GetTimestamp();
            foreach (var rank in _ranks) rank.Go();
            foreach (var rank in _ranks) rank.Wait();
            return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }

        public void Dispose()
        {
            foreach (var rank in _ranks) rank.Dispose();
            _session.Dispose();
        }
    }

    /// <summary>A loop on a thread of its own.</summary>
    private sealed class Rank : ITrainingObserver, IDisposable
    {
        private readonly SemaphoreSlim _go = new(0), _done = new(0);
        private readonly Thread _thread;
        private readonly int _steps;
        private int _finished;

        public Rank(IGradientExchange exchange, string network, IAdaptationMethod method, int steps, int source, int target, int size)
        {
            _steps = steps;
            _thread = new Thread(() => Work(exchange, network, method, steps, source, target, size)) { IsBackground = true };
            _thread.Start();
        }

        public void Go() => _go.Release();

        public void Wait() => _done.Wait();

        public void OnStep(StepReport report)
        {
            _done.Release();
            if (++_finished < _steps) _go.Wait();
        }

        public void OnEpoch(EpochReport report) { }

        public bool WantsCheckpoint(TrainingPosition position, bool endOfEpoch) => false;

        public void OnCheckpoint(ReplicaCheckpoint checkpoint) => checkpoint.Dispose();

        public void Dispose()
        {
            _thread.Join();
            _go.Dispose();
            _done.Dispose();
        }

        private void Work(IGradientExchange exchange, string network, IAdaptationMethod method, int steps, int source, int target, int size)
        {
            ComputeThread.Configure(1);
            using var model = Backbones.Get(network).Create(Classes);
            model.Initialize(1);
            var phases = method.Plan(new(1, "all", 1e-3, 1), [.. model.Stages.Select(stage => stage.Name)]);
            var plan = new TrainingPlan(network, Classes, 0, phases, BatchNormPolicy.Trainable, OptimizerKind.AdamW, 0.01, ScheduleKind.Constant, 1);
            var objective = method.Create(new(Classes, model.FeatureWidth, 1, 0.95, 1));
            using var companion = objective.Companion;
            using var replica = new Replica(plan, model, CPU, companion);
            var streams = new Dictionary<string, IBatchStream> { [TrainingData.Train] = Pictures(source) };
            if (target > 0) streams[TrainingData.Target] = streams[TrainingData.TargetStrong] = Pictures(target);
            var data = new TrainingData(streams, new RepeatedPictures(0, 1, size, Classes), [.. Enumerable.Range(0, Classes).Select(label => $"{label}")]);
            _go.Wait();
            new TrainingLoop(replica, objective, data, exchange, this).Run(TrainingPosition.Start, CancellationToken.None);

            RepeatedPictures Pictures(int batch) => new(steps, batch, size, Classes, exchange.Rank, exchange.WorldSize);
        }
    }
}
