using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using TorchSharp;

namespace OrleansTransfer.Learning.Tests.Training;

public class ResumeTests
{
    private const int StepsPerEpoch = 4;

    public static TheoryData<OptimizerKind, long, bool> Cases()
    {
        // Three epochs of four steps: phase one has the first, phase two the others.
        var cases = new TheoryData<OptimizerKind, long, bool>();
        foreach (var optimizer in Enum.GetValues<OptimizerKind>())
        {
            cases.Add(optimizer, 2, false); // in the middle of the first phase
            cases.Add(optimizer, 4, false); // the epoch's steps are done, its evaluation is not
            cases.Add(optimizer, 4, true); // a phase boundary
            cases.Add(optimizer, 5, false); // just behind it
            cases.Add(optimizer, 8, true); // an epoch boundary within a phase
            cases.Add(optimizer, 11, false);
        }
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_resumed_run_continues_bit_for_bit(OptimizerKind optimizer, long at, bool endOfEpoch)
    {
        var plan = Runs.Plan(optimizer, BatchNormPolicy.Trainable, Runs.Probe, Runs.FineTune with { Epochs = 2 });
        var straight = Run(plan, SmallNetwork.Create(dropout: 0.3), null, (position, end) => position.GlobalStep == at && end == endOfEpoch);
        using var checkpoint = Assert.Single(straight.Observer.Checkpoints);

        // Other initial weights: everything must come from the checkpoint.
        var resumed = Run(plan, SmallNetwork.Create(seed: 5, dropout: 0.3), checkpoint, (_, _) => false);

        Assert.Equal(straight.Final, resumed.Final);
        Assert.Equal(straight.Observer.Steps.Skip((int)at).Select(step => (step.Position, step.Loss, step.LearningRate, step.Phase)),
            resumed.Observer.Steps.Select(step => (step.Position, step.Loss, step.LearningRate, step.Phase)));
        Assert.Equal(straight.Observer.Epochs.TakeLast(resumed.Observer.Epochs.Count).Select(epoch => (epoch.TrainingLoss, epoch.Validation!.Loss)),
            resumed.Observer.Epochs.Select(epoch => (epoch.TrainingLoss, epoch.Validation!.Loss)));
        Assert.All(straight.Observer.Epochs, epoch => Assert.True(double.IsFinite(epoch.TrainingLoss)));
    }

    [Fact]
    public void An_epoch_in_which_the_loop_began_anew_has_its_loss()
    {
        var plan = Runs.Plan(OptimizerKind.Sgd, BatchNormPolicy.Trainable, Runs.FineTune with { Epochs = 2 });
        var straight = Run(plan, SmallNetwork.Create(), null, (_, _) => false);

        using var model = SmallNetwork.Create();
        using var replica = new Replica(plan, model, torch.CPU);
        using var stop = new CancellationTokenSource();
        var observer = new RecordingObserver
        {
            Wants = (position, _) =>
            {
                if (position.GlobalStep == 6) stop.Cancel();
                return false;
            },
        };
        var loop = Runs.Loop(replica, StepsPerEpoch, observer);
        Assert.ThrowsAny<OperationCanceledException>(() => loop.Run(TrainingPosition.Start, stop.Token));
        Assert.Equal(6, loop.Position.GlobalStep);
        Runs.Loop(replica, StepsPerEpoch, observer).Run(loop.Position, TestContext.Current.CancellationToken);

        Assert.Equal(straight.Observer.Epochs.Select(epoch => epoch.TrainingLoss), observer.Epochs.Select(epoch => epoch.TrainingLoss));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_checkpoint_without_the_loss_of_its_epoch_is_refused(bool otherShape)
    {
        using var model = SmallNetwork.Create();
        using var replica = new Replica(Runs.Plan(), model, torch.CPU);
        using var whole = replica.Capture(TrainingPosition.Start);
        using var other = torch.zeros(3, torch.float64);
        var optimizer = whole.Optimizer.Where(entry => entry.Key != "epoch_loss").ToDictionary();
        if (otherShape) optimizer["epoch_loss"] = other;
        var error = Assert.Throws<LearningException>(() => replica.Restore(new(whole.Position, whole.Model, optimizer)));
        Assert.Contains("loss of the epoch", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_is_a_private_copy()
    {
        using var model = SmallNetwork.Create();
        using var replica = new Replica(Runs.Plan(), model, torch.CPU);
        using var before = replica.Capture(TrainingPosition.Start);
        var hashes = Runs.Hashes(before);
        Runs.Loop(replica, 4, new RecordingObserver()).Run(TrainingPosition.Start, TestContext.Current.CancellationToken);
        Assert.Equal(hashes, Runs.Hashes(before));
        Assert.NotEqual(Runs.Hashes(model)["fc.1.weight"], hashes["fc.1.weight"]);
    }

    [Fact]
    public void A_checkpoint_of_another_model_is_refused_by_name()
    {
        using var model = SmallNetwork.Create();
        using var wider = SmallNetwork.Create(width: 16);
        using var replica = new Replica(Runs.Plan(), model, torch.CPU);
        using var other = new Replica(Runs.Plan(), wider, torch.CPU);
        using var checkpoint = other.Capture(TrainingPosition.Start);
        var error = Assert.Throws<LearningException>(() => replica.Restore(checkpoint));
        Assert.Contains("conv1.weight", error.Message, StringComparison.Ordinal);
    }

    private static (RecordingObserver Observer, SortedDictionary<string, string> Final) Run(
        TrainingPlan plan, SmallNetwork network, ReplicaCheckpoint? from, Func<TrainingPosition, bool, bool> wants)
    {
        using var model = network;
        using var replica = new Replica(plan, model, torch.CPU);
        if (from is not null) replica.Restore(from);
        var observer = new RecordingObserver { Wants = wants };
        var result = Runs.Loop(replica, StepsPerEpoch, observer).Run(from?.Position ?? TrainingPosition.Start, default)!;
        using var final = replica.Capture(result.Position);
        return (observer, Runs.Hashes(final));
    }
}
