using System.Diagnostics;
using System.Text.Json;
using OrleansTransfer.Cluster;
using OrleansTransfer.Contracts.Workers;
using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Benchmarks;

/// <summary>
/// What a step of <see cref="TrainingLoop"/> costs beside a bare TorchSharp loop over the same network, data and update rule. The two take turns,
/// step by step, so that whatever else the machine does slows both. Options: <c>--steps 60 --warmup 10 --batch 16 --size 64 --threads 1 --optimizer
/// adamw|sgd --network resnet18</c>.
/// </summary>
internal static class StepBenchmark
{
    private const int Classes = 10;
    private const double Rate = 1e-3, Decay = 0.01;

    public static Task RunAsync(Options options) => Task.Run(() => Run(options));

    private static void Run(Options options)
    {
        int steps = options.Number("steps", 60), warmUp = options.Number("warmup", 10), threads = options.Number("threads", 1);
        var kind = Enum.Parse<OptimizerKind>(options.Text("optimizer", "adamw"), ignoreCase: true);
        Func<Classifier> network = () =>
        {
            var model = Backbones.Get(options.Text("network", "resnet18")).Create(Classes);
            model.Initialize(1);
            return model;
        };

        ComputeThread.Configure(threads);
        using var stream = new RepeatedPictures(warmUp + steps, options.Number("batch", 16), options.Number("size", 64), Classes);
        using var ours = network();
        using var bare = new BareLoop(network(), kind, stream);

        var phase = new Phase("fine-tune", 1, [.. ours.Stages.Select(stage => stage.Name)], Rate, 1);
        var plan = new TrainingPlan(ours.Architecture, Classes, 0, [phase], BatchNormPolicy.Trainable, kind, Decay, ScheduleKind.Constant, 1);
        using var replica = new Replica(plan, ours, CPU);
        using var nothing = new RepeatedPictures(0, 1, 8, Classes);
        var turns = new TakeTurns(bare);
        var data = TrainingData.Supervised(stream, nothing, [.. Enumerable.Range(0, Classes).Select(label => $"{label}")]);
        new TrainingLoop(replica, new SupervisedObjective(), data, new NoExchange(), turns).Run(TrainingPosition.Start, CancellationToken.None);

        double loop = Median(turns.Loop.Skip(warmUp)), plain = Median(turns.Bare.Skip(warmUp));
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            benchmark = "step",
            network = ours.Architecture,
            optimizer = kind.ToString().ToLowerInvariant(),
            batch = options.Number("batch", 16),
            size = options.Number("size", 64),
            threads,
            steps,
            parameters = ours.parameters().Sum(parameter => parameter.numel()),
            loopMedianMs = Math.Round(loop, 3),
            bareMedianMs = Math.Round(plain, 3),
            ratio = Math.Round(loop / plain, 4),
            traceOffNanoseconds = Math.Round(TraceNanoseconds(), 1),
            updateMedianMs = Math.Round(Median(turns.Update.Skip(warmUp)), 3),
        }));
    }

    // What it costs a step that nobody traces.
    private static double TraceNanoseconds()
    {
        const int Times = 10_000_000;
        var worker = new WorkerAddress("n1", "cpu:0");
        var assignment = new WorkerAssignment("run", 1, new(), null, null, Joins: false, Neighbours: 1);
        var order = new GroupOrder("run", 1, 0, [worker], new(0, 0, 0), null, 0, 0);
        var report = new StepReport(new(0, 1, 1), "fine-tune", 1, 1, 1, 16, new(0.001, 0.1, 0.1, 0, 0.01));
        for (var time = 0; time < Times; time++) StepTraces.Record(worker, assignment, order, report);
        var start = Stopwatch.GetTimestamp();
        for (var time = 0; time < Times; time++) StepTraces.Record(worker, assignment, order, report);
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / Times;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[sorted.Count / 2 - 1] + sorted[sorted.Count / 2]) / 2;
    }

    /// <summary>Runs a bare step after each step of the loop; all times in milliseconds.</summary>
    private sealed class TakeTurns(BareLoop bare) : ITrainingObserver
    {
        private long _resumed = Stopwatch.GetTimestamp();

        public List<double> Loop { get; } = [];

        public List<double> Bare { get; } = [];

        public List<double> Update { get; } = [];

        public void OnStep(StepReport report)
        {
            Loop.Add(Stopwatch.GetElapsedTime(_resumed).TotalMilliseconds);
            Update.Add(report.Timings.Update * 1000);
            var start = Stopwatch.GetTimestamp();
            bare.Step(report.Position.Step - 1);
            Bare.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            _resumed = Stopwatch.GetTimestamp();
        }

        public void OnEpoch(EpochReport report) { }

        public bool WantsCheckpoint(TrainingPosition position, bool endOfEpoch) => false;

        public void OnCheckpoint(ReplicaCheckpoint checkpoint) => checkpoint.Dispose();
    }

    /// <summary>The loop of TorchSharp's own examples.</summary>
    private sealed class BareLoop : IDisposable
    {
        private readonly Classifier _model;
        private readonly IBatchStream _stream;
        private readonly optim.Optimizer _optimizer;

        public BareLoop(Classifier model, OptimizerKind kind, IBatchStream stream)
        {
            _model = model;
            _stream = stream;
            _optimizer = kind == OptimizerKind.AdamW
                ? optim.AdamW(model.parameters(), Rate, weight_decay: Decay)
                : optim.SGD(model.parameters(), Rate, momentum: 0.9, weight_decay: Decay);
            model.train();
        }

        public void Step(int step)
        {
            using var scope = NewDisposeScope();
            using var batch = _stream.Take(0, step, CancellationToken.None);
            _optimizer.zero_grad();
            var loss = nn.functional.cross_entropy(_model.call(batch.Inputs), batch.Labels);
            loss.backward();
            _optimizer.step();
            loss.item<float>();
        }

        public void Dispose()
        {
            _optimizer.Dispose();
            _model.Dispose();
        }
    }
}
