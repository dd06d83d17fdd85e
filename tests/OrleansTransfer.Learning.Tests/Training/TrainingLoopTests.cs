using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using TorchSharp;

namespace OrleansTransfer.Learning.Tests.Training;

public class TrainingLoopTests
{
    [Fact]
    public void Training_learns()
    {
        using var model = SmallNetwork.Create();
        using var replica = new Replica(Runs.Plan(batchNorm: BatchNormPolicy.Trainable, phases: Runs.FineTune with { Epochs = 3 }), model, torch.CPU);
        var observer = new RecordingObserver();
        var result = Runs.Loop(replica, 20, observer).Run(TrainingPosition.Start, TestContext.Current.CancellationToken)!;

        Assert.Equal(new(3, 0, 60), result.Position);
        Assert.Equal(60, observer.Steps.Count);
        Assert.Equal([0, 1, 2], observer.Epochs.Select(epoch => epoch.Epoch));
        Assert.Same(observer.Epochs[^1].Validation, result.Validation);
        Assert.Equal(30, result.Validation!.Samples);
        Assert.True(result.Validation!.Accuracy > 0.8, $"accuracy {result.Validation!.Accuracy}");
        Assert.True(observer.Epochs[2].TrainingLoss < observer.Epochs[0].TrainingLoss);
        Assert.Equal(observer.Steps.Take(20).Average(step => step.Loss), observer.Epochs[0].TrainingLoss, 1e-9);
        Assert.All(observer.Steps, step => Assert.True(step.GradientNorm > 0 && step.Timings.Total > 0));
    }

    [Fact]
    public void A_run_that_is_done_only_evaluates()
    {
        using var model = SmallNetwork.Create();
        using var replica = new Replica(Runs.Plan(), model, torch.CPU);
        var before = Runs.Hashes(model);
        var result = Runs.Loop(replica, 4, new RecordingObserver()).Run(new(1, 0, 4), TestContext.Current.CancellationToken)!;
        Assert.Equal(30, result.Validation!.Samples);
        Assert.Equal(before, Runs.Hashes(model));
    }

    [Fact]
    public void Each_phase_restarts_the_schedule()
    {
        using var model = SmallNetwork.Create();
        using var replica = new Replica(Runs.Plan(phases: [Runs.Probe, Runs.FineTune]), model, torch.CPU);
        var observer = new RecordingObserver();
        Runs.Loop(replica, 5, observer).Run(TrainingPosition.Start, TestContext.Current.CancellationToken);
        Assert.Equal(observer.Steps.Take(5).Select(step => step.LearningRate), observer.Steps.Skip(5).Select(step => step.LearningRate));
        Assert.Equal(["linear-probe", "fine-tune"], observer.Steps.Select(step => step.Phase).Distinct());
    }

    [Fact]
    public void Feature_extraction_leaves_the_backbone_as_it_was()
    {
        using var model = SmallNetwork.Create();
        var before = Runs.Hashes(model);
        using var replica = new Replica(Runs.Plan(batchNorm: BatchNormPolicy.Trainable, phases: Runs.Probe), model, torch.CPU);
        Runs.Loop(replica, 10, new RecordingObserver()).Run(TrainingPosition.Start, TestContext.Current.CancellationToken);
        Assert.Equal(["fc.1.bias", "fc.1.weight"], Changed(before, Runs.Hashes(model)));
    }

    [Fact]
    public void Frozen_batch_norm_stays_bit_for_bit()
    {
        using var model = SmallNetwork.Create();
        var before = Runs.Hashes(model);
        using var replica = new Replica(Runs.Plan(batchNorm: BatchNormPolicy.Frozen), model, torch.CPU);
        Runs.Loop(replica, 10, new RecordingObserver()).Run(TrainingPosition.Start, TestContext.Current.CancellationToken);
        Assert.Equal(["conv1.weight", "conv2.bias", "conv2.weight", "fc.1.bias", "fc.1.weight"], Changed(before, Runs.Hashes(model)));
    }

    [Fact]
    public void Frozen_statistics_stay_while_scale_and_shift_train()
    {
        using var model = SmallNetwork.Create();
        var before = Runs.Hashes(model);
        using var replica = new Replica(Runs.Plan(batchNorm: BatchNormPolicy.StatisticsFrozen), model, torch.CPU);
        Runs.Loop(replica, 10, new RecordingObserver()).Run(TrainingPosition.Start, TestContext.Current.CancellationToken);
        var changed = Changed(before, Runs.Hashes(model));
        Assert.Contains("bn1.weight", changed);
        Assert.DoesNotContain(changed, key => key.Contains("running_", StringComparison.Ordinal));
        Assert.DoesNotContain(changed, key => key.EndsWith("num_batches_tracked", StringComparison.Ordinal));
    }

    [Fact]
    public void A_run_matches_a_plain_loop_with_stock_optimizer_and_layers()
    {
        using var scope = torch.NewDisposeScope();
        using var model = SmallNetwork.Create();
        var plan = Runs.Plan(OptimizerKind.Sgd, BatchNormPolicy.Trainable, Runs.FineTune with { BackboneFactor = 1 }) with
        {
            Schedule = ScheduleKind.Constant,
            WeightDecay = 0,
        };
        using var replica = new Replica(plan, model, torch.CPU);
        Runs.Loop(replica, 10, new RecordingObserver()).Run(TrainingPosition.Start, TestContext.Current.CancellationToken);

        using var plain = SmallNetwork.Create();
        using var optimizer = torch.optim.SGD(plain.parameters(), 1e-2, momentum: 0.9);
        using var stream = new SyntheticStream(10);
        for (var step = 0; step < 10; step++)
        {
            using var batch = stream.Take(0, step, TestContext.Current.CancellationToken);
            optimizer.zero_grad();
            torch.nn.functional.cross_entropy(plain.call(batch.Inputs), batch.Labels).backward();
            optimizer.step();
        }

        var expected = plain.state_dict();
        Assert.Equal(10, model.state_dict()["bn1.num_batches_tracked"].item<long>());
        foreach (var (key, actual) in model.state_dict())
        {
            var difference = (actual - expected[key]).abs().max().ToDouble();
            Assert.True(actual.allclose(expected[key], rtol: 1e-5, atol: 1e-6), $"{key} differs by {difference}");
        }
    }

    [Fact]
    public void Live_tensors_do_not_grow_over_a_hundred_steps()
    {
        using var model = SmallNetwork.Create(dropout: 0.3);
        using var replica = new Replica(Runs.Plan(batchNorm: BatchNormPolicy.Trainable), model, torch.CPU);
        var live = new List<long>();
        var observer = new RecordingObserver
        {
            AfterStep = _ => live.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount),
        };
        Runs.Loop(replica, 110, observer).Run(TrainingPosition.Start, TestContext.Current.CancellationToken);
        Assert.Equal(live[9], live[109]);
    }

    [Fact]
    public void A_step_that_is_not_finite_names_itself_and_leaves_no_trace()
    {
        using var model = SmallNetwork.Create();
        using var replica = new Replica(Runs.Plan(batchNorm: BatchNormPolicy.Trainable), model, torch.CPU);
        var atStep4 = new SortedDictionary<string, string>();
        var observer = new RecordingObserver { AfterStep = report => atStep4 = report.Position.Step == 4 ? Runs.Hashes(model) : atStep4 };
        var loop = new TrainingLoop(replica, new SupervisedObjective(), TrainingData.Supervised(
            new SyntheticStream(10) { PoisonedStep = 4 }, new SyntheticStream(1), ["a", "b", "c"]), new NoExchange(), observer);

        var error = Assert.Throws<NonFiniteLossException>(() => loop.Run(TrainingPosition.Start, TestContext.Current.CancellationToken));
        Assert.Equal(new(0, 4, 4), error.Position);
        Assert.True(double.IsNaN(error.Loss));
        Assert.Equal("conv1.weight", error.Parameter);
        Assert.Contains("step 4", error.Message, StringComparison.Ordinal);
        Assert.Equal(atStep4, Runs.Hashes(model));
    }

    [Fact]
    public void A_cancelled_run_stops_at_a_step_boundary()
    {
        using var model = SmallNetwork.Create();
        using var replica = new Replica(Runs.Plan(), model, torch.CPU);
        using var stop = new CancellationTokenSource();
        var observer = new RecordingObserver { AfterStep = report => { if (report.Position.Step == 3) stop.Cancel(); } };
        Assert.ThrowsAny<OperationCanceledException>(() => Runs.Loop(replica, 10, observer).Run(TrainingPosition.Start, stop.Token));
        Assert.Equal(3, observer.Steps.Count);
    }

    private static List<string> Changed(SortedDictionary<string, string> before, SortedDictionary<string, string> after) =>
        [.. before.Where(entry => after[entry.Key] != entry.Value).Select(entry => entry.Key)];
}
