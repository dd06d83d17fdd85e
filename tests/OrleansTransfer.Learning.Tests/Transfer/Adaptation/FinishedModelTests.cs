using OrleansTransfer.Learning.Tests.Training;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using OrleansTransfer.Learning.Transfer.Adaptation;
using TorchSharp;

namespace OrleansTransfer.Learning.Tests.Transfer.Adaptation;

/// <summary>A finished model is adapted to a target without any data of the source.</summary>
public sealed class FinishedModelTests
{
    public static TheoryData<string> SourceFree => ["shot", "tent", "adabn"];

    [Theory]
    [MemberData(nameof(SourceFree))]
    public void All_epochs_are_the_target_s_and_one_is_enough(string name)
    {
        var phase = Assert.Single(Method(name).Plan(new(5, "all", 1e-2, 1) { IsFinished = true }, ["layer1", "layer2"]));
        Assert.Equal((name, 5), (phase.Name, phase.Epochs));
        var second = Method(name).Plan(new(5, "all", 1e-2, 1), ["layer1", "layer2"])[^1];
        Assert.Equal((second.LearningRate, second.BackboneFactor, second.Scope), (phase.LearningRate, phase.BackboneFactor, phase.Scope));
        Assert.Single(Method(name).Plan(new(1, "all", 1e-2, 1) { IsFinished = true }, ["layer1", "layer2"]));
    }

    [Theory]
    [MemberData(nameof(SourceFree))]
    public void N_workers_adapt_as_one_and_read_the_target_alone(string name)
    {
        var alone = Adapt(name, new NoExchange());
        Assert.Null(alone.Result.Validation);
        Assert.Null(alone.Result.Target!.Source);
        Assert.Equal(8, alone.Observer.Steps.Count);
        Assert.All(alone.Observer.Steps, step => Assert.Equal(10, step.Samples));
        foreach (var worldSize in new[] { 2, 3 })
        {
            var ranks = LockstepExchange.RunGroup(worldSize, (exchange, _) => Adapt(name, exchange));
            foreach (var (expected, actual) in alone.Observer.Steps.Zip(ranks[0].Observer.Steps))
                Assert.True(
                    Math.Abs(actual.Loss - expected.Loss) < 1e-4 * Math.Max(1, Math.Abs(expected.Loss)),
                    $"{name}, {worldSize} workers, step {expected.Position.GlobalStep}: {actual.Loss} instead of {expected.Loss}.");
            Assert.All(ranks, rank => Assert.Equal(ranks[0].Hashes, rank.Hashes));
        }
    }

    [Fact]
    public void The_model_as_it_came_is_an_epoch_that_may_be_picked()
    {
        // One step of a rate that ruins the model: its own start is the best of the three epochs.
        var ruined = Adapt("shot", new NoExchange(), rate: 1e4, validator: "im");
        Assert.Equal([-1, 0, 1], ruined.Result.Target!.History.Select(epoch => epoch.Epoch));
        Assert.Equal(TargetEpoch.Start, ruined.Result.Target.PickedEpoch);
        using var untouched = TwoDomains.Model(Method("shot"));
        Assert.Equal(Runs.Hashes(untouched), ruined.Hashes);

        Assert.Equal(1, Adapt("shot", new NoExchange(), rate: 1e4, validator: "last").Result.Target!.PickedEpoch);
    }

    [Fact]
    public void A_resumed_adaptation_ends_as_one_that_was_not_interrupted()
    {
        var whole = Adapt("shot", new NoExchange());
        var keeper = new RecordingObserver { Wants = (position, endOfEpoch) => position.GlobalStep == 3 && !endOfEpoch };
        Adapt("shot", new NoExchange(), observer: keeper);
        using var checkpoint = Assert.Single(keeper.Checkpoints);
        var resumed = Adapt("shot", new NoExchange(), from: checkpoint);
        Assert.Equal(whole.Hashes, resumed.Hashes);
        Assert.Equal(whole.Result.Target!.PickedEpoch, resumed.Result.Target!.PickedEpoch);
        Assert.Equal(whole.Result.Target.History.Select(epoch => epoch.Scores[0]), resumed.Result.Target.History.Select(epoch => epoch.Scores[0]));
    }

    private static (RecordingObserver Observer, TrainingResult Result, SortedDictionary<string, string> Hashes) Adapt(
        string name, IGradientExchange exchange, double rate = 1e-2, string validator = "im", RecordingObserver? observer = null,
        ReplicaCheckpoint? from = null)
    {
        var method = Method(name);
        var plan = TwoDomains.Plan(method, validator: validator) with
        {
            Phases = method.Plan(new(2, "all", rate, 1) { IsFinished = true }, ["layer1", "layer2"]),
            Optimizer = OptimizerKind.Sgd,
            IsFinished = true,
        };
        var both = TwoDomains.Data(exchange, targetBatch: 10);
        var target = new Dictionary<string, Learning.Data.IBatchStream> { [TrainingData.Target] = new FourSteps(both.Streams[TrainingData.Target]) };
        var data = new TrainingData(target, null, both.Labels) { TargetSamples = both.TargetSamples! with { Source = null } };
        using var model = TwoDomains.Model(method);
        var objective = method.Create(TwoDomains.Context());
        using var companion = objective.Companion;
        using var replica = new Replica(plan, model, torch.CPU, companion);
        if (from is not null) replica.Restore(from);
        observer ??= new RecordingObserver();
        var result = new TrainingLoop(replica, objective, data, exchange, observer)
            .Run(from?.Position ?? TrainingPosition.Start, TestContext.Current.CancellationToken)!;
        return (observer, result, Runs.Hashes(model));
    }

    private static IAdaptationMethod Method(string name) => (IAdaptationMethod)TransferMethods.Get(name);

    /// <summary>Its epochs have four steps: without a source the target's decide on the length of a run's.</summary>
    private sealed class FourSteps(Learning.Data.IBatchStream inner) : Learning.Data.IBatchStream
    {
        public int StepsPerEpoch => 4;

        public Learning.Data.Batch Take(int epoch, int step, CancellationToken cancellationToken) =>
            inner.Take((epoch * 4 + step) / inner.StepsPerEpoch, (epoch * 4 + step) % inner.StepsPerEpoch, cancellationToken);

        public void Dispose() => inner.Dispose();
    }
}
