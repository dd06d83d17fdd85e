using System.Diagnostics;
using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Evaluation;
using OrleansTransfer.Learning.Evaluation.Validators;
using OrleansTransfer.Learning.Transfer;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>
/// Trains one replica in step with its group. A step either happens whole or leaves the replica as it was, so whatever is thrown here, the replica
/// still stands at the last step boundary. Run it on a dedicated thread.
/// </summary>
/// <param name="replica">Fresh or restored; every rank's starts from the same bits.</param>
/// <param name="objective">What is minimised.</param>
/// <param name="data">This rank's streams.</param>
/// <param name="exchange">The group; its sequence numbers start at 0 with this loop.</param>
/// <param name="observer">Hears of every step and epoch.</param>
/// <param name="settings">How gradients are handed to the exchange; null for <see cref="ExchangeSettings.Default"/>.</param>
public sealed class TrainingLoop(
    Replica replica,
    ITrainingObjective objective,
    TrainingData data,
    IGradientExchange exchange,
    ITrainingObserver observer,
    ExchangeSettings? settings = null)
{
    private long _sequence;
    private TrainingPosition _position = TrainingPosition.Start;
    private volatile TrainingActivity _activity;
    private IReadOnlyList<WeightedLoss> _terms = [];
    private IReadOnlySet<string> _streams = new HashSet<string>();

    /// <summary>The last step boundary, where the replica stands whatever <see cref="Run"/> throws.</summary>
    public TrainingPosition Position => Volatile.Read(ref _position);

    /// <summary>What the loop is at; may be asked from any thread.</summary>
    public TrainingActivity Activity => _activity;

    /// <summary>
    /// Trains from <paramref name="from"/> to the end of the plan. From the end itself, it only evaluates. Returns null when a rank asked for a pause:
    /// all ranks then stand at the same <see cref="Position"/>.
    /// </summary>
    /// <exception cref="NonFiniteLossException">Training diverged.</exception>
    /// <exception cref="ExchangeAbortedException">The group broke up during a step.</exception>
    /// <exception cref="LearningException">There are no training batches, or one could not be read.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled; the replica stands at a step boundary.</exception>
    public TrainingResult? Run(TrainingPosition from, CancellationToken cancellationToken)
    {
        var stepsPerEpoch = data.StepsPerEpoch;
        Check(from, stepsPerEpoch);
        using var exchanger = exchange.WorldSize > 1 ? new GradientExchanger(exchange, settings ?? ExchangeSettings.Default, cancellationToken) : null;
        var position = _position = from;
        ClassificationReport? validation = null;
        while (position.Epoch < replica.Plan.Epochs)
        {
            replica.EnterPhaseOf(position.Epoch);
            _terms = objective.Terms(replica.Active.Phase);
            _streams = _terms.SelectMany(term => term.Term.Streams).ToHashSet(StringComparer.Ordinal);
            if (position.Step == 0) BeginEpoch(position, cancellationToken);
            while (position.Step < stepsPerEpoch)
            {
                var report = Step(position, stepsPerEpoch, exchanger, cancellationToken);
                replica.EpochLoss.Add(report.Loss, report.Samples);
                Volatile.Write(ref _position, position = report.Position);
                observer.OnStep(report);
                OfferCheckpoint(position, endOfEpoch: false);
                if (replica.Active.PauseAsked) return null;
            }

            validation = Evaluate(position.Epoch, cancellationToken);
            var target = EvaluateTarget(position.Epoch, cancellationToken);
            var trainingLoss = replica.EpochLoss.Take();
            Volatile.Write(ref _position, position = new(position.Epoch + 1, 0, position.GlobalStep));
            observer.OnEpoch(new(position.Epoch - 1, position, trainingLoss, validation) { Target = target });
            OfferCheckpoint(position, endOfEpoch: true);
        }
        return data.TargetSamples is { } samples
            ? Conclude(position, samples, cancellationToken)
            : new(position, validation ?? Evaluate(position.Epoch, cancellationToken));
    }

    private StepReport Step(TrainingPosition position, int stepsPerEpoch, GradientExchanger? exchanger, CancellationToken cancellationToken)
    {
        var clock = new StepClock();
        _activity = TrainingActivity.Data;
        using var batches = data.Take(position, _streams, cancellationToken);
        using var scope = NewDisposeScope();
        var active = replica.Active;
        var rate = LearningRate(position, stepsPerEpoch);
        try
        {
            _activity = TrainingActivity.Forward;
            replica.BeginStep(position.GlobalStep, exchange.Rank);
            exchanger?.Begin(active, _sequence);
            if (active.Norms is { } norms) norms.Exchanger = exchanger;
            // The network's part of getting a batch is forward computing.
            var embedded = batches.Values.Sum(batch => batch.TrunkSeconds);
            var taken = clock.Lap() - embedded;

            var (loss, forward, backward) = Differentiate(
                batches, new(exchanger), Progress(position, stepsPerEpoch), clock, beforeLast: () => exchanger?.SendAsReady());

            _activity = TrainingActivity.Exchange;
            active.Publish(loss, batches.Share, observer.WantsPause);
            if (exchanger is not null) _sequence = exchanger.Finish();
            else cancellationToken.ThrowIfCancellationRequested();
            var exchanged = clock.Lap();

            _activity = TrainingActivity.Update;
            var (globalLoss, gradientNorm) = active.Outcome(position);
            active.Commit(rate);
            var timings = new StepTimings(taken, embedded + forward, backward, exchanged, clock.Lap()) { Exchanging = exchanger?.BusySeconds ?? 0 };

            var next = new TrainingPosition(position.Epoch, position.Step + 1, position.GlobalStep + 1);
            return new(next, active.Phase.Name, globalLoss, rate, gradientNorm, batches.Samples, timings);
        }
        catch
        {
            exchanger?.Abandon();
            if (active.Norms is { } norms) norms.Exchanger = null;
            active.Statistics.Rollback();
            throw;
        }
    }

    /// <summary>
    /// Adds up the gradients of this rank's share of the loss, part by part, and returns that share (null when the rank has no samples) and the seconds
    /// of forward and backward passes.
    /// </summary>
    private (Tensor? Loss, double Forward, double Backward) Differentiate(
        StepBatches batches, GlobalBatch whole, double progress, StepClock clock, Action beforeLast)
    {
        var (forward, backward, parts) = (0.0, 0.0, replica.Plan.Accumulate);
        Tensor? sum = null;
        for (var part = 0; part < parts; part++)
        {
            if (part == parts - 1) beforeLast();
            using var scope = NewDisposeScope();
            using var views = parts == 1 ? null : batches.Part(part, parts);
            _activity = TrainingActivity.Forward;
            var loss = Loss(views ?? batches, whole, progress);
            forward += clock.Lap();

            _activity = TrainingActivity.Backward;
            loss?.backward();
            backward += clock.Lap();
            if (loss is not null) sum = (sum is null ? loss.detach() : sum.Plus(loss.detach())).MoveToOuterDisposeScope();
        }
        return (sum, forward, backward);
    }

    /// <summary>This rank's share of the weighted sum of the terms; null when it has no samples for any of them.</summary>
    private Tensor? Loss(StepBatches batches, GlobalBatch whole, double progress)
    {
        var context = new LossContext(replica.Model, replica.Device, batches, whole, progress);
        Tensor? sum = null;
        foreach (var (term, weight) in _terms)
        {
            if (!term.NeedsWholeBatch && term.Streams.Any(stream => batches[stream].Count == 0)) continue;
            var value = term.Compute(context);
            if (weight != 1) value = value.Times(weight);
            sum = sum is null ? value : sum.Plus(value);
        }
        return sum;
    }

    private double Progress(TrainingPosition position, int stepsPerEpoch) =>
        ((double)position.Epoch * stepsPerEpoch + position.Step) / ((double)replica.Plan.Epochs * stepsPerEpoch);

    private double LearningRate(TrainingPosition position, int stepsPerEpoch)
    {
        var (phase, firstEpoch) = (replica.Active.Phase, replica.Active.FirstEpoch);
        var step = (long)(position.Epoch - firstEpoch) * stepsPerEpoch + position.Step;
        return phase.LearningRate * Schedules.Factor(replica.Plan.Schedule, step, (long)phase.Epochs * stepsPerEpoch);
    }

    private ClassificationReport? Evaluate(int epoch, CancellationToken cancellationToken)
    {
        if (data.Validation is null) return null;
        replica.EnterPhaseOf(epoch);
        _activity = TrainingActivity.Evaluation;
        try
        {
            return Evaluator.Run(replica, data.Validation, data.Labels, exchange, _sequence++, cancellationToken);
        }
        finally
        {
            Freezing.SetTrainingMode(replica.Model, replica.Active.Phase, replica.Plan.BatchNorm);
        }
    }

    /// <summary>
    /// Lets the objective look at the target, and keeps how the domains lie before the first step; of a finished model also how it stands by itself,
    /// which may be better than what adaptation makes of it.
    /// </summary>
    private void BeginEpoch(TrainingPosition position, CancellationToken cancellationToken)
    {
        if (data.TargetSamples is not { } samples) return;
        var looks = objective.LooksAtTarget(replica.Active.Phase);
        if (!looks && position.GlobalStep > 0) return;
        _activity = TrainingActivity.Evaluation;
        try
        {
            var target = Outputs(samples.Target, cancellationToken);
            if (position.GlobalStep == 0)
            {
                replica.Target.Before = DomainMap.Of(SourceOutputs(samples, cancellationToken), target);
                if (replica.Plan.IsFinished)
                {
                    replica.Target.Forget();
                    Judge(TargetEpoch.Start, samples, target, cancellationToken);
                }
            }
            if (looks) objective.BeginEpoch(replica.Active.Phase, target, Progress(position, data.StepsPerEpoch));
        }
        finally
        {
            Freezing.SetTrainingMode(replica.Model, replica.Active.Phase, replica.Plan.BatchNorm);
        }
    }

    private TargetEpoch? EvaluateTarget(int epoch, CancellationToken cancellationToken)
    {
        if (data.TargetSamples is not { } samples) return null;
        _activity = TrainingActivity.Evaluation;
        try
        {
            return Judge(epoch, samples, null, cancellationToken);
        }
        finally
        {
            Freezing.SetTrainingMode(replica.Model, replica.Active.Phase, replica.Plan.BatchNorm);
        }
    }

    private TargetEpoch Judge(int epoch, TargetData samples, SampleOutputs? target, CancellationToken cancellationToken)
    {
        var source = SourceOutputs(samples, cancellationToken);
        var input = new ValidatorInput(source, target ?? Outputs(samples.Target, cancellationToken));
        var scores = TargetEvaluator.Scores(input, exchange, _sequence++, cancellationToken);
        var test = samples.Test is null ? null : Evaluator.Run(replica, samples.Test, data.Labels, exchange, _sequence++, cancellationToken);
        var result = new TargetEpoch(epoch, scores, test?.Accuracy ?? double.NaN, test?.MacroF1 ?? double.NaN);
        replica.Target.Add(result, UnsupervisedValidators.IndexOf(replica.Plan.Validator), replica.Model.state_dict());
        return result;
    }

    /// <summary>The end of a run with a target domain: the picked epoch's weights, and what they make of both domains.</summary>
    private TrainingResult Conclude(TrainingPosition position, TargetData samples, CancellationToken cancellationToken)
    {
        replica.AdoptPick(position.Epoch);
        var validation = Evaluate(position.Epoch, cancellationToken);
        _activity = TrainingActivity.Evaluation;
        var (source, target) = (SourceOutputs(samples, cancellationToken), Outputs(samples.Target, cancellationToken));
        var test = samples.Test is null ? null : Evaluator.Run(replica, samples.Test, data.Labels, exchange, _sequence++, cancellationToken);
        return new(position, validation)
        {
            Target = new(replica.Target.History, replica.Target.PickedEpoch ?? position.Epoch - 1, test, source, target, replica.Target.Before),
        };
    }

    private SampleOutputs? SourceOutputs(TargetData samples, CancellationToken cancellationToken) =>
        samples.Source is null ? null : Outputs(samples.Source, cancellationToken);

    private SampleOutputs Outputs(IBatchStream stream, CancellationToken cancellationToken) =>
        OutputGathering.Run(replica, stream, exchange, _sequence++, cancellationToken);

    private void OfferCheckpoint(TrainingPosition position, bool endOfEpoch)
    {
        if (observer.WantsCheckpoint(position, endOfEpoch)) observer.OnCheckpoint(replica.Capture(position));
    }

    private void Check(TrainingPosition from, int stepsPerEpoch)
    {
        if (stepsPerEpoch < 1) throw new LearningException("There are no training samples, so there is nothing to train on.");
        if (from.Epoch < 0 || from.Epoch > replica.Plan.Epochs || from.Step < 0 || from.Step > stepsPerEpoch)
            throw new ArgumentOutOfRangeException(nameof(from), from, $"The run has {replica.Plan.Epochs} epochs of {stepsPerEpoch} steps.");
        if (data.Labels.Count != replica.Plan.Classes)
            throw new ArgumentException($"The data has {data.Labels.Count} labels; the plan is for {replica.Plan.Classes}.", nameof(data));
    }

    /// <summary>Seconds since the last lap.</summary>
    private sealed class StepClock
    {
        private long _last = Stopwatch.GetTimestamp();

        public double Lap()
        {
            var now = Stopwatch.GetTimestamp();
            var seconds = Stopwatch.GetElapsedTime(_last, now).TotalSeconds;
            _last = now;
            return seconds;
        }
    }
}
