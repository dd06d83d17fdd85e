using OrleansTransfer.Learning.Evaluation;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using TorchSharp;

namespace OrleansTransfer.Learning.Tests.Training;

public class GroupTests
{
    [Fact]
    public void N_workers_train_as_one()
    {
        var alone = Train(1, BatchNormPolicy.Frozen)[0];
        foreach (var worldSize in new[] { 2, 3 })
        {
            var first = Train(worldSize, BatchNormPolicy.Frozen)[0];
            foreach (var (expected, actual) in alone.Losses.Zip(first.Losses)) Assert.Equal(1, actual / expected, 1e-4);
            Assert.Equal(alone.Report.Samples, first.Report.Samples);
            Assert.Equal(alone.Report.Loss, first.Report.Loss, 1e-3);
        }
    }

    [Theory]
    [InlineData(2, 13, BatchNormPolicy.Frozen, 0)]
    [InlineData(3, 13, BatchNormPolicy.Trainable, 0)]
    [InlineData(2, 12, BatchNormPolicy.Trainable, 0.3)]
    [InlineData(3, 2, BatchNormPolicy.Trainable, 0)] // The third rank never has a sample.
    public void Replicas_are_identical_after_every_step(int worldSize, int globalBatch, BatchNormPolicy policy, double dropout)
    {
        var ranks = Train(worldSize, policy, globalBatch, dropout);
        foreach (var other in ranks.Skip(1))
        {
            Assert.Equal(ranks[0].Losses, other.Losses);
            Assert.Equal(ranks[0].Hashes.Count, other.Hashes.Count);
            foreach (var (mine, theirs) in ranks[0].Hashes.Zip(other.Hashes)) Assert.Equal(mine, theirs);
            Assert.Equal(ranks[0].Report.Confusion, other.Report.Confusion);
            Assert.Equal(ranks[0].Report.Loss, other.Report.Loss);
        }
        Assert.Equal(20, ranks[0].Hashes.Count);
    }

    [Fact]
    public void An_exchange_that_breaks_leaves_the_replica_at_the_step_before()
    {
        using var model = SmallNetwork.Create();
        using var replica = new Replica(Runs.Plan(batchNorm: BatchNormPolicy.Trainable), model, torch.CPU);
        var before = new SortedDictionary<string, string>();
        var observer = new RecordingObserver { AfterStep = _ => before = Runs.Hashes(model) };
        var loop = Runs.Loop(replica, 10, observer, new BreakingExchange(6));
        Assert.Throws<ExchangeAbortedException>(() => loop.Run(TrainingPosition.Start, TestContext.Current.CancellationToken));
        Assert.Equal(6, observer.Steps.Count);
        Assert.Equal(new(0, 6, 6), loop.Position);
        Assert.Equal(before, Runs.Hashes(model));
    }

    [Fact]
    public void When_one_rank_asks_for_a_pause_all_stop_at_the_same_step_and_can_go_on_as_if_nothing_had_been()
    {
        var undisturbed = Train(2, BatchNormPolicy.Trainable)[0];
        var paused = LockstepExchange.RunGroup(2, (exchange, cancellationToken) =>
        {
            using var model = SmallNetwork.Create();
            using var replica = new Replica(
                Runs.Plan(batchNorm: BatchNormPolicy.Trainable, phases: [Runs.Probe, Runs.FineTune]), model, torch.CPU);
            var observer = new RecordingObserver();
            observer.AsksForPause = () => exchange.Rank == 1 && observer.Steps.Count is 3 or 12;
            var loop = Runs.Loop(replica, 10, observer, exchange);
            List<TrainingPosition> pauses = [];
            for (var from = TrainingPosition.Start; loop.Run(from, cancellationToken) is null; from = loop.Position) pauses.Add(loop.Position);
            return (Pauses: pauses, Losses: observer.Steps.Select(step => step.Loss).ToList());
        });
        foreach (var (pauses, losses) in paused)
        {
            Assert.Equal([new(0, 4, 4), new(1, 3, 13)], pauses);
            Assert.Equal(undisturbed.Losses, losses);
        }
    }

    private static Trace[] Train(int worldSize, BatchNormPolicy policy, int globalBatch = 12, double dropout = 0) =>
        LockstepExchange.RunGroup(worldSize, (exchange, cancellationToken) =>
        {
            using var model = SmallNetwork.Create(dropout: dropout);
            using var replica = new Replica(Runs.Plan(batchNorm: policy, phases: [Runs.Probe, Runs.FineTune]), model, torch.CPU);
            var hashes = new List<SortedDictionary<string, string>>();
            var observer = new RecordingObserver { AfterStep = _ => hashes.Add(Runs.Hashes(model)) };
            var result = Runs.Loop(replica, 10, observer, exchange, globalBatch).Run(TrainingPosition.Start, cancellationToken)!;
            return new Trace([.. observer.Steps.Select(step => step.Loss)], hashes, result.Validation);
        });

    private sealed record Trace(
        IReadOnlyList<double> Losses, List<SortedDictionary<string, string>> Hashes, ClassificationReport Report);

    private sealed class BreakingExchange(long at) : IGradientExchange
    {
        public int Rank => 0;

        public int WorldSize => 1;

        public void AllReduce(long sequence, Span<float> values, WireFormat wire, CancellationToken cancellationToken)
        {
            if (sequence == at) throw new ExchangeAbortedException("A peer is gone.");
        }
    }
}
