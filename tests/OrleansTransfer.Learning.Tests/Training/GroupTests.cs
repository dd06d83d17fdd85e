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
        // Two exchanges a step: the gradients and what travels beside them.
        var loop = Runs.Loop(replica, 10, observer, new BreakingExchange(13));
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

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 2)]
    [InlineData(2, 20)] // More parts than samples: some are empty.
    public void A_share_computed_in_parts_gives_what_it_gives_at_once(int worldSize, int parts)
    {
        var whole = Train(worldSize, BatchNormPolicy.Frozen)[0];
        var ranks = Train(worldSize, BatchNormPolicy.Frozen, accumulate: parts);
        foreach (var (expected, actual) in whole.Losses.Zip(ranks[0].Losses)) Assert.Equal(1, actual / expected, 1e-5);
        Assert.Equal(ranks[0].Hashes[^1], ranks[^1].Hashes[^1]);
    }

    [Fact]
    public void Accumulated_gradients_are_exchanged_once()
    {
        using var model = SmallNetwork.Create();
        using var replica = new Replica(Runs.Plan() with { Accumulate = 3 }, model, torch.CPU);
        var exchange = new RecordingExchange();
        Runs.Loop(replica, 1, new RecordingObserver(), exchange).Run(TrainingPosition.Start, TestContext.Current.CancellationToken);
        Assert.Equal(3, exchange.Calls.Count); // Gradients, what travels beside them, evaluation.
    }

    [Theory]
    [InlineData(2, 12)]
    [InlineData(3, 13)] // Shares of five, four and four samples.
    public void With_synchronized_norms_n_workers_train_as_one_whose_statistics_follow_the_data(int worldSize, int globalBatch)
    {
        var alone = Train(1, BatchNormPolicy.Synchronized, globalBatch)[0];
        var ranks = Train(worldSize, BatchNormPolicy.Synchronized, globalBatch);
        var apart = Train(worldSize, BatchNormPolicy.Trainable, globalBatch)[0];
        foreach (var (expected, actual) in alone.Losses.Zip(ranks[0].Losses)) Assert.Equal(1, actual / expected, 1e-4);
        Assert.Equal(alone.Report.Loss, ranks[0].Report.Loss, 1e-3);
        Assert.All(ranks, rank => Assert.Equal(ranks[0].Hashes[^1], rank.Hashes[^1]));

        // Statistics of shares are another thing: the agreement above says something.
        Assert.Contains(alone.Losses.Zip(apart.Losses), pair => Math.Abs(pair.Second / pair.First - 1) > 1e-2);
    }

    [Fact]
    public void A_group_that_breaks_up_in_the_middle_of_a_pass_leaves_the_replica_at_the_step_before()
    {
        // Each exchange of a step in turn: within the forward pass, within the backward pass, and after it.
        for (var at = 0; at < 8; at++)
        {
            using var model = SmallNetwork.Create();
            using var replica = new Replica(Runs.Plan(batchNorm: BatchNormPolicy.Synchronized), model, torch.CPU);
            var before = Runs.Hashes(model);
            var loop = Runs.Loop(replica, 10, new RecordingObserver(), new BreakingExchange(at), settings: new(1000, WireFormat.Float32));
            var broken = Record.Exception(() => loop.Run(TrainingPosition.Start, TestContext.Current.CancellationToken));
            Assert.IsType<ExchangeAbortedException>(broken);
            if (loop.Position.GlobalStep == 0) Assert.Equal(before, Runs.Hashes(model));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public void The_size_of_buckets_does_not_change_a_bit_of_the_result(long bucketLength)
    {
        var whole = Train(2, BatchNormPolicy.Trainable)[0];
        var cut = Train(2, BatchNormPolicy.Trainable, settings: new(bucketLength, WireFormat.Float32))[0];
        Assert.Equal(whole.Losses, cut.Losses);
        Assert.Equal(whole.Hashes[^1], cut.Hashes[^1]);
    }

    [Fact]
    public void Only_gradients_travel_in_the_format_of_the_recipe_and_frozen_layers_not_at_all()
    {
        using var model = SmallNetwork.Create();
        using var replica = new Replica(Runs.Plan(phases: [Runs.Probe]), model, torch.CPU);
        var exchange = new RecordingExchange();
        Runs.Loop(replica, 1, new RecordingObserver(), exchange, settings: new(1, WireFormat.BFloat16))
            .Run(TrainingPosition.Start, TestContext.Current.CancellationToken);

        // The head's weight and bias, padded to cache lines; then loss and pause; then the evaluation's counts.
        var head = model.named_parameters().Where(entry => entry.name.StartsWith("fc.", StringComparison.Ordinal))
            .Select(entry => ((int)(entry.parameter.numel() + 15) / 16 * 16, WireFormat.BFloat16));
        Assert.Equal([.. head, (2, WireFormat.Float32), (20, WireFormat.Float32)], exchange.Calls);
    }

    [Fact]
    public void A_failure_between_two_exchanges_ends_the_ones_under_way()
    {
        using var model = SmallNetwork.Create();
        using var replica = new Replica(Runs.Plan(batchNorm: BatchNormPolicy.Trainable), model, torch.CPU);
        var before = Runs.Hashes(model);
        var data = TrainingData.Supervised(new SyntheticStream(5, 12, 0, 2), new SyntheticStream(1, 10, 0, 2, seed: 99), ["a", "b", "c"]);
        var loop = new TrainingLoop(
            replica, new SupervisedObjective(new FailsInBackward()), data, new StuckExchange(), new RecordingObserver(), new(1, WireFormat.Float32));
        Assert.ThrowsAny<Exception>(() => loop.Run(TrainingPosition.Start, TestContext.Current.CancellationToken));
        Assert.Equal(before, Runs.Hashes(model));
    }

    private static Trace[] Train(
        int worldSize, BatchNormPolicy policy, int globalBatch = 12, double dropout = 0, ExchangeSettings? settings = null, int accumulate = 1) =>
        LockstepExchange.RunGroup(worldSize, (exchange, cancellationToken) =>
        {
            using var model = SmallNetwork.Create(dropout: dropout);
            using var replica = new Replica(
                Runs.Plan(batchNorm: policy, phases: [Runs.Probe, Runs.FineTune]) with { Accumulate = accumulate }, model, torch.CPU);
            var hashes = new List<SortedDictionary<string, string>>();
            var observer = new RecordingObserver { AfterStep = _ => hashes.Add(Runs.Hashes(model)) };
            var result = Runs.Loop(replica, 10, observer, exchange, globalBatch, settings).Run(TrainingPosition.Start, cancellationToken)!;
            return new Trace([.. observer.Steps.Select(step => step.Loss)], hashes, result.Validation!);
        });

    private sealed record Trace(
        IReadOnlyList<double> Losses, List<SortedDictionary<string, string>> Hashes, ClassificationReport Report);

    private sealed class RecordingExchange : IGradientExchange
    {
        public List<(int Length, WireFormat Wire)> Calls { get; } = [];

        public int Rank => 0;

        public int WorldSize => 2;

        public void AllReduce(long sequence, Span<float> values, WireFormat wire, CancellationToken cancellationToken)
        {
            Assert.Equal(Calls.Count, sequence);
            Calls.Add((values.Length, wire));
        }
    }

    /// <summary>Waits for a peer that never comes.</summary>
    private sealed class StuckExchange : IGradientExchange
    {
        public int Rank => 0;

        public int WorldSize => 2;

        public void AllReduce(long sequence, Span<float> values, WireFormat wire, CancellationToken cancellationToken)
        {
            cancellationToken.WaitHandle.WaitOne();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>A loss of another shape than its gradient: libtorch refuses it.</summary>
    private sealed class FailsInBackward : ILossTerm
    {
        public string Name => "fails";

        public IReadOnlyList<string> Streams { get; } = [TrainingData.Train];

        public torch.Tensor Compute(LossContext context) => context[TrainingData.Train].Logits;
    }

    private sealed class BreakingExchange(long at) : IGradientExchange
    {
        public int Rank => 0;

        public int WorldSize => 2;

        public void AllReduce(long sequence, Span<float> values, WireFormat wire, CancellationToken cancellationToken)
        {
            if (sequence == at) throw new ExchangeAbortedException("A peer is gone.");
        }
    }
}
