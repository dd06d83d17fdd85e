using OrleansTransfer.Learning.Tests.Training;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using OrleansTransfer.Learning.Transfer.Adaptation;
using TorchSharp;

namespace OrleansTransfer.Learning.Tests.Transfer.Adaptation;

/// <summary>What every adaptation method keeps to.</summary>
public class AdaptationConformanceTests
{
    public static TheoryData<string> Methods => [.. TransferMethods.All.OfType<IAdaptationMethod>().Select(method => method.Name)];

    [Theory]
    [MemberData(nameof(Methods))]
    public void N_workers_train_as_one_and_end_with_the_same_weights(string name)
    {
        // AdamW makes whole steps of what rounding leaves of a gradient that should be zero, and where confidence decides on a sample, a step is all
        // that it takes: the comparison is one of SGD.
        var plan = TwoDomains.Plan(Method(name)) with { Optimizer = OptimizerKind.Sgd };
        var alone = TwoDomains.Train(Method(name), new NoExchange(), TestContext.Current.CancellationToken, plan);
        foreach (var worldSize in new[] { 2, 3 })
        {
            var ranks = LockstepExchange.RunGroup(worldSize, (exchange, token) => TwoDomains.Train(Method(name), exchange, token, plan));
            foreach (var (expected, actual) in alone.Observer.Steps.Zip(ranks[0].Observer.Steps))
                Assert.True(
                    Math.Abs(actual.Loss - expected.Loss) < 1e-4 * Math.Max(1, Math.Abs(expected.Loss)),
                    $"{name}, {worldSize} workers, step {expected.Position.GlobalStep}: {actual.Loss} instead of {expected.Loss}.");
            Assert.All(ranks, rank => Assert.Equal(ranks[0].Hashes, rank.Hashes));
            Assert.All(ranks, rank => Assert.Equal(ranks[0].Result.Target!.PickedEpoch, rank.Result.Target!.PickedEpoch));
            Assert.Equal(alone.Result.Target!.History.Count, ranks[0].Result.Target!.History.Count);
        }
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_resumed_run_ends_as_one_that_was_not_interrupted(string name)
    {
        var whole = TwoDomains.Train(Method(name), new NoExchange(), TestContext.Current.CancellationToken);

        // In the middle of an epoch, where nothing is looked at anew, and at its end.
        foreach (var at in Method(name).KnowsWords ? [2, 8, 10] : new[] { 2, 4, 6 })
        {
            var data = TwoDomains.Data(Method(name), new NoExchange());
            var plan = TwoDomains.Plan(Method(name));
            var keeper = new RecordingObserver { Wants = (position, endOfEpoch) => position.GlobalStep == at && (at % 4 != 0 || endOfEpoch) };
            using (var model = TwoDomains.Model(Method(name)))
            {
                var objective = Method(name).Create(TwoDomains.Context(Method(name), model));
                using var companion = objective.Companion;
                using var replica = new Replica(plan, model, torch.CPU, companion);
                new TrainingLoop(replica, objective, data, new NoExchange(), keeper).Run(TrainingPosition.Start, TestContext.Current.CancellationToken);
            }
            using var checkpoint = Assert.Single(keeper.Checkpoints);

            using var resumedModel = TwoDomains.Model(Method(name), seed: 77);
            var resumedObjective = Method(name).Create(TwoDomains.Context(Method(name), resumedModel) with { Seed = 1234 });
            using var resumedCompanion = resumedObjective.Companion;
            using var resumed = new Replica(plan, resumedModel, torch.CPU, resumedCompanion);
            resumed.Restore(checkpoint);
            var result = new TrainingLoop(resumed, resumedObjective, data, new NoExchange(), new RecordingObserver())
                .Run(checkpoint.Position, TestContext.Current.CancellationToken)!;
            Assert.Equal(whole.Hashes, Runs.Hashes(resumedModel));
            Assert.Equal(whole.Result.Target!.PickedEpoch, result.Target!.PickedEpoch);
            Assert.Equal(whole.Result.Target.History.Select(epoch => epoch.Accuracy), result.Target.History.Select(epoch => epoch.Accuracy));
            Assert.Equal(whole.Result.Target.Before!.Points, result.Target.Before!.Points);
        }
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Steps_leave_no_tensors_behind(string name)
    {
        List<long> live = [];
        var data = TwoDomains.Data(Method(name), new NoExchange(), stepsPerEpoch: 15);
        TwoDomains.Train(
            Method(name), new NoExchange(), TestContext.Current.CancellationToken, data: data,
            afterStep: _ => live.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount));
        Assert.All(live.Chunk(15), epoch => Assert.Equal(Enumerable.Repeat(epoch[0], 15), epoch));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void It_describes_itself_and_plans_what_the_recipe_asks_for(string name)
    {
        var method = Method(name);
        Assert.NotEmpty(method.Summary);
        Assert.Equal(6, method.Plan(new(6, "all", 1e-2, 1), ["layer1", "layer2"]).Sum(phase => phase.Epochs));
    }

    private static IAdaptationMethod Method(string name) => (IAdaptationMethod)TransferMethods.Get(name);
}
