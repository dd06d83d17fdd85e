using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Workers;
using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Weights;
using TorchSharp;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>What a worker computes, start to end, on its own thread: build the replica, run the loop, hand out what remains.</summary>
public sealed class ReplicaTraining(
    WorkerAddress worker,
    WorkerAssignment assignment,
    ReplicaInputs inputs,
    IGradientExchange exchange,
    ReportChannel reports,
    CheckpointUploader checkpoints,
    TimeProvider time) : ITrainingObserver
{
    private readonly Recipe _recipe = assignment.Recipe;
    private readonly List<EpochReport> _epochs = [];
    private long _samples;
    private long _started;
    private int _stepsPerEpoch;

    /// <summary>Trains to the end of the recipe.</summary>
    public ReplicaOutcome Run(CancellationToken cancellationToken)
    {
        ComputeThread.Configure(ShareOfCores);
        var (model, loaded) = BuildModel(_recipe, inputs.Dataset.Labels.Count, inputs.WeightsPath);
        try
        {
            var device = new torch.Device(worker.Device.StartsWith("cuda", StringComparison.Ordinal) ? worker.Device : "cpu");
            if (device.type != DeviceType.CPU) model.to(device);
            var plan = RunPlan.Of(_recipe, model, inputs.Dataset.Labels.Count);
            using var replica = new Replica(plan.Training, model, device);
            using (var checkpoint = inputs.OpenCheckpoint())
                if (checkpoint is not null) replica.Restore(checkpoint);
                else if (loaded is not null) Say(loaded.Remarks);

            using var train = Stream(
                inputs.Dataset.TrainRoot, inputs.Dataset.Train, plan, plan.Augment, RunPlan.TrainingBatches(_recipe, inputs.Dataset.Train.Count));
            using var validation = Stream(
                inputs.Dataset.ValidationRoot, inputs.Dataset.Validation, plan, AugmentKind.None,
                new(inputs.Dataset.Validation.Count, RunPlan.EvaluationBatchSize, _recipe.Training.Seed, shuffle: false));
            _stepsPerEpoch = train.StepsPerEpoch;
            var loop = new TrainingLoop(
                replica, [new(new CrossEntropyLoss())], TrainingData.Supervised(train, validation, inputs.Dataset.Labels), exchange, this);

            reports.Update(report => report with { Step = inputs.Position.GlobalStep });
            reports.SendAsync(WorkerReportKind.Ready, null, cancellationToken).GetAwaiter().GetResult();
            _started = time.GetTimestamp();
            var result = loop.Run(inputs.Position, cancellationToken)!;
            return new(model, plan, result, _epochs, Seconds, SamplesPerSecond);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void OnStep(StepReport report)
    {
        checkpoints.ThrowIfFailed();
        _samples += report.Samples;
        Instruments.RecordStep(report.Timings, report.Samples, exchange.Rank);
        reports.Update(status => status with { Step = report.Position.GlobalStep, Seconds = Seconds, SamplesPerSecond = SamplesPerSecond });
        if (exchange.Rank != 0) return;
        reports.Add(Event("step", report.Position, report.Position.Epoch + 1) with
        {
            Values = new Dictionary<string, double>
            {
                ["loss"] = report.Loss,
                ["learningRate"] = report.LearningRate,
                ["gradientNorm"] = report.GradientNorm,
                ["samplesPerSecond"] = SamplesPerSecond,
            },
        });
    }

    /// <inheritdoc/>
    public void OnEpoch(EpochReport report)
    {
        _epochs.Add(report);
        if (exchange.Rank != 0) return;
        reports.Update(status => status with { Confusion = report.Validation.Confusion });
        reports.Add(Event("epoch", report.Position, report.Epoch + 1) with
        {
            Values = new Dictionary<string, double>
            {
                ["accuracy"] = report.Validation.Accuracy,
                ["loss"] = report.Validation.Loss,
                ["macroF1"] = report.Validation.MacroF1,
                ["trainingLoss"] = report.TrainingLoss,
            },
        });
    }

    /// <inheritdoc/>
    public bool WantsCheckpoint(TrainingPosition position, bool endOfEpoch)
    {
        if (exchange.Rank != 0) return false;
        if (endOfEpoch) return true;

        // The last step of an epoch is followed by the epoch's own checkpoint.
        var every = _recipe.Checkpoint.EverySteps;
        return every > 0 && position.GlobalStep % every == 0 && position.Step < _stepsPerEpoch && checkpoints.IsIdle;
    }

    /// <inheritdoc/>
    public void OnCheckpoint(ReplicaCheckpoint checkpoint) => checkpoints.Enqueue(checkpoint);

    // More compute threads than cores make a step many times slower, whichever process they belong to.
    private int ShareOfCores => Math.Max(1, Environment.ProcessorCount / assignment.Neighbours);

    private double Seconds => time.GetElapsedTime(_started).TotalSeconds;

    private double SamplesPerSecond => _samples / Math.Max(Seconds, 1e-9);

    private ImageBatchStream Stream(string root, IReadOnlyList<ImageSample> samples, RunPlan plan, AugmentKind augment, BatchPlan batches)
    {
        return new(
            root, samples, plan.Preprocessing, augment, batches, exchange.Rank, exchange.WorldSize, _recipe.Training.Seed,
            new(Math.Min(ShareOfCores, 8), Prefetch: 2));
    }

    /// <summary>
    /// The recipe's network with its pretrained backbone and a fresh head, the same bits on every rank, and what was done to load the former;
    /// null for a run from scratch.
    /// </summary>
    private static (ImageClassifier Model, LoadReport? Loaded) BuildModel(Recipe recipe, int classes, string? weightsPath)
    {
        var model = Backbones.Get(recipe.Model.Backbone).Create(classes);
        try
        {
            model.Initialize(recipe.Training.Seed);
            LoadReport? loaded = null;
            if (weightsPath is not null)
            {
                using var weights = WeightFile.Open(weightsPath);
                loaded = StateDict.Load(model, weights, new(IgnoreHead: true));
            }
            model.ReplaceHead(classes, recipe.Model.Head.Dropout, recipe.Training.Seed);
            return (model, loaded);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private void Say(IEnumerable<string> remarks)
    {
        if (exchange.Rank != 0) return;
        foreach (var remark in remarks) reports.Add(Event("log", inputs.Position, epoch: 0) with { Message = remark });
    }

    private ExperimentEvent Event(string kind, TrainingPosition position, int epoch) => new()
    {
        Sequence = 0,
        Time = time.GetUtcNow(),
        Kind = kind,
        Step = position.GlobalStep,
        Epoch = epoch,
    };
}

/// <summary>What is left when a replica has finished.</summary>
/// <param name="Model">The trained network, on its device.</param>
/// <param name="Plan">What it was trained by.</param>
/// <param name="Result">Where it stands and how it does on the validation samples.</param>
/// <param name="Epochs">The epochs of this attempt.</param>
/// <param name="Seconds">Training time of this attempt.</param>
/// <param name="SamplesPerSecond">Throughput of this attempt, all ranks together.</param>
public sealed record ReplicaOutcome(
    ImageClassifier Model,
    RunPlan Plan,
    TrainingResult Result,
    IReadOnlyList<EpochReport> Epochs,
    double Seconds,
    double SamplesPerSecond) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}
