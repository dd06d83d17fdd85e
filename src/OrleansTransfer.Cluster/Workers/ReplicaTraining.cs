using System.Security.Cryptography;
using System.Text;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Workers;
using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Evaluation;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Weights;
using TorchSharp;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>
/// A worker's replica from its building to the end of the run, on the worker's own thread: it trains in one generation of the group after another, and
/// between them stands at a step boundary.
/// </summary>
public sealed class ReplicaTraining : ITrainingObserver, IDisposable
{
    private readonly Recipe _recipe;
    private readonly WorkerAddress _worker;
    private readonly WorkerAssignment _assignment;
    private readonly ReplicaInputs _inputs;
    private readonly ReportChannel _reports;
    private readonly CheckpointUploader _checkpoints;
    private readonly WorkerOrders _orders;
    private readonly TimeProvider _time;
    private readonly TaskModel _task;
    private readonly Classifier _model;
    private readonly RunPlan _plan;
    private readonly ITrainingObjective _objective;
    private readonly Replica _replica;
    private readonly ExperimentTokens _tokens;
    private readonly FeatureStore _features;
    private List<ReplicaEpoch> _epochs = [];
    private IReadOnlyList<string> _remarks = [], _remarksOnSamples = [];
    private TrainingLoop? _loop;
    private GroupOrder? _order;
    private long _samples;
    private long? _started;
    private int _stepsPerEpoch;
    private double _stepSeconds;

    /// <summary>Builds the replica, from a checkpoint where there is one.</summary>
    public ReplicaTraining(
        WorkerAddress worker,
        WorkerAssignment assignment,
        ReplicaInputs inputs,
        ReportChannel reports,
        CheckpointUploader checkpoints,
        WorkerOrders orders,
        ExperimentTokens tokens,
        FeatureStore features,
        TimeProvider time)
    {
        (_worker, _assignment, _recipe, _inputs, _reports, _checkpoints, _orders, _tokens, _features, _time) =
            (worker, assignment, assignment.Recipe, inputs, reports, checkpoints, orders, tokens, features, time);
        ComputeThread.Configure(ShareOfCores);
        _task = TaskModel.Build(_recipe, inputs.Dataset.Labels.Count, inputs.WeightsPath, inputs.Dataset, inputs.Encoder, inputs.Words);
        _model = _task.Model;
        try
        {
            var device = new torch.Device(worker.Device.StartsWith("cuda", StringComparison.Ordinal) ? worker.Device : "cpu");
            if (device.type != DeviceType.CPU) _model.to(device);
            _plan = RunPlan.Of(_recipe, _model, inputs.Dataset.Labels.Count);
            CheckMemory(device);
            _objective = RunPlan.ObjectiveOf(_recipe, _model, TargetTexts);
            _replica = new Replica(_plan.Training, _model, device, _objective.Companion);
            Position = assignment.Joins ? null : inputs.Position;
            using var checkpoint = inputs.OpenCheckpoint();
            if (checkpoint is not null) _replica.Restore(checkpoint);
            else _remarks = [.. _task.Loaded?.Remarks ?? [], .. inputs.Dataset.Target?.Remarks ?? []];
        }
        catch
        {
            _replica?.Dispose();
            _objective?.Companion?.Dispose();
            _model.Dispose();
            throw;
        }
    }

    /// <summary>Where the replica stands; null while it holds no state of the run.</summary>
    public TrainingPosition? Position { get; private set; }

    /// <summary>What the training thread is at, in a word, or null while it does not train. May be asked from any thread.</summary>
    public string? Activity => Volatile.Read(ref _loop)?.Activity.ToString().ToLowerInvariant();

    /// <summary>Called after each step, with its number, on the training thread.</summary>
    public Action<long> StepDone { get; set; } = _ => { };

    /// <summary>A copy of the replica, for another worker or a checkpoint.</summary>
    public ReplicaCheckpoint Capture() =>
        _replica.Capture(Position ?? throw new InvalidOperationException("The replica holds no state of the run."));

    /// <summary>SHA-256 of the replica's weights, in lower-case hex.</summary>
    public string Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var scope = torch.NewDisposeScope();
        foreach (var (key, tensor) in _model.state_dict().OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(key));
            TensorMemory.Visit(tensor.detach().cpu().contiguous(), (chunk, _) => hash.AppendData(chunk));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The epochs that the replica has been through in this attempt.</summary>
    public IReadOnlyList<ReplicaEpoch> Epochs => [.. _epochs];

    /// <summary>Takes over the state of another replica of the run.</summary>
    public void Restore(ReplicaCheckpoint checkpoint, IReadOnlyList<ReplicaEpoch> epochs)
    {
        _replica.Restore(checkpoint);
        (Position, _epochs) = (checkpoint.Position, [.. epochs]);
    }

    /// <summary>
    /// Trains in a generation of the group, to the end of the recipe or until the group pauses; null in the latter case. Whatever it throws, the replica
    /// then stands at <see cref="Position"/>.
    /// </summary>
    /// <exception cref="ExchangeAbortedException">The group broke up.</exception>
    public TrainingResult? Run(IGradientExchange exchange, GroupOrder order, CancellationToken cancellationToken)
    {
        _order = order;
        var decoding = new DecodingOptions(Math.Min(ShareOfCores, 8), Prefetch: 2);
        using var streams = new ReplicaStreams(
            _recipe, _plan, _task, _inputs.Dataset, _tokens, exchange, decoding, FeaturesFor(order.Rank, cancellationToken));
        var data = streams.Data;
        _stepsPerEpoch = data.StepsPerEpoch;
        if (_started is null && Position!.GlobalStep == 0) _remarks = [.. _remarks, .. streams.Remarks];
        _remarksOnSamples = streams.Remarks;
        _started ??= _time.GetTimestamp();
        if (order.Rank == 0) CatchUpOnReports(order);
        var loop = new TrainingLoop(_replica, _objective, data, exchange, this, _plan.Exchange);
        Volatile.Write(ref _loop, loop);
        try
        {
            var result = loop.Run(Position!, cancellationToken);
            if (order.Rank == 0 && result?.Target is { } target) Conclude(result, target);
            return result;
        }
        finally
        {
            Volatile.Write(ref _loop, null);
            Position = loop.Position;
        }
    }

    /// <summary>What is left when the run is complete. The model stays the replica's.</summary>
    public ReplicaOutcome Outcome(TrainingResult result) => new(_task, _plan, result, Epochs, Seconds, SamplesPerSecond)
    {
        Encoder = _inputs.Encoder,
        Remarks = _remarksOnSamples,
    };

    /// <inheritdoc/>
    public bool WantsPause => _orders.IsToPause(_order!.Generation);

    /// <inheritdoc/>
    public void OnStep(StepReport report)
    {
        _checkpoints.ThrowIfFailed();
        _samples += report.Samples;
        var own = report.Timings.Total - report.Timings.Exchange;
        _stepSeconds = _stepSeconds == 0 ? own : 0.8 * _stepSeconds + 0.2 * own;
        Instruments.RecordStep(report.Timings, report.Samples, _order!.Rank);
        StepTraces.Record(_worker, _assignment, _order, report);
        _reports.Update(status => status with
        {
            Position = WorkerPositions.Of(report.Position),
            Seconds = Seconds,
            SamplesPerSecond = SamplesPerSecond,
            StepSeconds = _stepSeconds,
        });
        Tell(Event("step", report.Position, report.Position.Epoch + 1) with
        {
            Values = new Dictionary<string, double>
            {
                ["loss"] = report.Loss,
                ["learningRate"] = report.LearningRate,
                ["gradientNorm"] = report.GradientNorm,
                ["samplesPerSecond"] = SamplesPerSecond,
            },
        });
        StepDone(report.Position.GlobalStep);
    }

    /// <inheritdoc/>
    public void OnEpoch(EpochReport report)
    {
        _epochs.Add(new(report.Epoch, report.TrainingLoss, report.Validation?.Loss ?? double.NaN, report.Validation?.Accuracy ?? double.NaN));
        _reports.Update(status => status with { Position = WorkerPositions.Of(report.Position), Confusion = report.Validation?.Confusion });
        Tell(Event("epoch", report.Position, report.Epoch + 1) with
        {
            Values = new Dictionary<string, double>(
                [.. TargetValues.Of(report.Validation), new("trainingLoss", report.TrainingLoss), .. TargetValues.Of(report.Target)]),
        });
    }

    /// <inheritdoc/>
    public bool WantsCheckpoint(TrainingPosition position, bool endOfEpoch)
    {
        if (_order!.Rank != 0) return false;
        if (endOfEpoch) return true;

        // The last step of an epoch is followed by the epoch's own checkpoint.
        var every = _recipe.Checkpoint.EverySteps;
        return every > 0 && position.GlobalStep % every == 0 && position.Step < _stepsPerEpoch && _checkpoints.IsIdle;
    }

    /// <inheritdoc/>
    public void OnCheckpoint(ReplicaCheckpoint checkpoint) => _checkpoints.Enqueue(checkpoint, _order!.Generation);

    /// <inheritdoc/>
    public void Dispose()
    {
        _replica.Dispose();
        _objective.Companion?.Dispose();
        _model.Dispose();
    }

    // More compute threads than cores make a step many times slower, whichever process they belong to.
    private int ShareOfCores => Math.Max(1, Environment.ProcessorCount / _assignment.Neighbours);

    private IReadOnlyList<int[]> TargetTexts() =>
        _task.Tokens(RunPlan.Judged(_recipe, _inputs.Dataset.Target?.Samples ?? [], _model.FeatureWidth)).Tokens;

    private double Seconds => _started is { } started ? _time.GetElapsedTime(started).TotalSeconds : 0;

    private double SamplesPerSecond => _samples / Math.Max(Seconds, 1e-9);

    // For all stages that any phase trains. What lies on other devices, their own allocator refuses in words.
    private void CheckMemory(torch.Device device)
    {
        if (device.type != DeviceType.CPU) return;
        var trained = _plan.Training.Phases.SelectMany(phase => phase.TrainableStages).ToHashSet();
        var frozen = _model.Stages.Where(stage => !trained.Contains(stage.Name)).ToList();
        long parameters = 0, trainable = 0;
        foreach (var (key, parameter) in _model.named_parameters())
        {
            parameters += parameter.numel();
            if (!_model.IsFixed(key) && !frozen.Any(stage => stage.Contains(key))) trainable += parameter.numel();
        }
        ReplicaMemory.Check(_recipe.Model.Backbone, parameters, trainable, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
    }

    private KeptFeatures? FeaturesFor(int rank, CancellationToken cancellationToken)
    {
        if (!KeptFeatures.AreFor(_recipe, _plan, _replica, Position!)) return null;
        _reports.Update(status => status with { Activity = "looking for features" });
        return new(_features, new(_replica), _plan, Tell, cancellationToken);

        // Nodes keep features of their own; one of them speaks for all.
        void Tell(string remark)
        {
            if (rank == 0) _reports.Add(Event("log", Position!, Position!.Epoch) with { Message = remark });
        }
    }

    // All ranks see the same; one tells, and the others remember in case that one does not live to.
    private void Tell(ExperimentEvent e) => _reports.Tell(e, report: _order!.Rank == 0);

    // The figures that stay are those of the picked epoch.
    private void Conclude(TrainingResult result, TargetOutcome target)
    {
        foreach (var remark in TargetRemarks.Of(target.Source, target.Target, _inputs.Dataset.Labels))
            _reports.Add(Event("log", result.Position, _recipe.Training.Epochs) with { Message = remark });
        var pick = Event("pick", result.Position, _recipe.Training.Epochs) with
        {
            Message = target.PickedEpoch == TargetEpoch.Start
                ? $"Picked the model as it came: no epoch was better by {_recipe.Transfer.Validator}."
                : $"Picked epoch {target.PickedEpoch + 1} of {_recipe.Training.Epochs} by {_recipe.Transfer.Validator}.",
            Values = TargetValues.Of(_plan, result, target),
        };
        _reports.Tell(pick, report: true);
        _reports.Update(status => status with { Confusion = (result.Validation ?? target.Test)?.Confusion });
    }

    private void CatchUpOnReports(GroupOrder order)
    {
        _reports.Add(_remarks.Select(remark => Event("log", Position!, epoch: 0) with { Message = remark }));
        _remarks = [];
        _reports.Repeat(order.ReportedStep, order.ReportedEpoch);
    }

    private ExperimentEvent Event(string kind, TrainingPosition position, int epoch) => new()
    {
        Sequence = 0,
        Time = _time.GetUtcNow(),
        Kind = kind,
        Step = position.GlobalStep,
        Epoch = epoch,
    };
}

/// <summary>What is left when a run is complete.</summary>
/// <param name="Task">The trained network, on its device.</param>
/// <param name="Plan">What it was trained by.</param>
/// <param name="Result">Where it stands and how it does on the validation samples.</param>
/// <param name="Epochs">The epochs of this attempt.</param>
/// <param name="Seconds">Training time of this attempt.</param>
/// <param name="SamplesPerSecond">Throughput of this attempt, all ranks together.</param>
public sealed record ReplicaOutcome(
    TaskModel Task, RunPlan Plan, TrainingResult Result, IReadOnlyList<ReplicaEpoch> Epochs, double Seconds, double SamplesPerSecond)
{
    /// <summary>Tokenizer and sizes of a text encoder; null for other networks.</summary>
    public EncoderSource? Encoder { get; init; }

    /// <summary>What a user should know of the samples, a sentence each.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];
}
