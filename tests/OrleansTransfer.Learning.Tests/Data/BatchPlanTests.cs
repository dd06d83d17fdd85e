using OrleansTransfer.Learning.Data;

namespace OrleansTransfer.Learning.Tests.Data;

public sealed class BatchPlanTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(10, 64)]
    [InlineData(65, 64)]
    [InlineData(100, 7)]
    [InlineData(128, 64)]
    public void Every_epoch_visits_every_sample_once_in_batches_of_nearly_equal_size(int samples, int batchSize)
    {
        var plan = new BatchPlan(samples, batchSize, seed: 3, shuffle: true);
        Assert.Equal((samples + batchSize - 1) / batchSize, plan.StepsPerEpoch);
        for (var epoch = 0; epoch < 3; epoch++)
        {
            var batches = Enumerable.Range(0, plan.StepsPerEpoch).Select(step => plan.Global(epoch, step)).ToList();
            Assert.Equal(Enumerable.Range(0, samples), batches.SelectMany(batch => batch).Order());
            Assert.Equal(plan.SmallestBatch, batches.Min(batch => batch.Count));
            Assert.InRange(batches.Max(batch => batch.Count), plan.SmallestBatch, Math.Min(plan.SmallestBatch + 1, batchSize));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(40)]
    public void The_shares_of_all_ranks_in_order_are_the_global_batch(int worldSize)
    {
        var plan = new BatchPlan(101, 33, seed: 5, shuffle: true);
        for (var step = 0; step < plan.StepsPerEpoch; step++)
        {
            var shares = Enumerable.Range(0, worldSize).Select(rank => plan.Share(2, step, rank, worldSize)).ToList();
            Assert.Equal(plan.Global(2, step), shares.SelectMany(share => share));
            Assert.InRange(shares.Max(share => share.Count) - shares.Min(share => share.Count), 0, 1);
        }
    }

    [Fact]
    public void Orders_differ_between_epochs_and_seeds_and_repeat_for_the_same()
    {
        var plan = new BatchPlan(50, 50, seed: 1, shuffle: true);
        Assert.NotEqual(plan.Global(0, 0), plan.Global(1, 0));
        Assert.NotEqual(plan.Global(0, 0), new BatchPlan(50, 50, seed: 2, shuffle: true).Global(0, 0));
        Assert.Equal(plan.Global(1, 0), new BatchPlan(50, 50, seed: 1, shuffle: true).Global(1, 0));
    }

    [Fact]
    public void Without_shuffling_samples_come_in_index_order() => Assert.Equal([0, 1, 2], new BatchPlan(5, 4, seed: 1, shuffle: false).Global(7, 0));

    [Fact]
    public void The_order_is_the_same_on_every_platform() =>
        Assert.Equal([6, 7, 9, 8, 2, 1, 0, 5, 4, 3], new BatchPlan(10, 10, seed: 42, shuffle: true).Global(0, 0));

    [Fact]
    public void Samples_of_similar_length_share_a_batch_and_every_epoch_still_has_each_once()
    {
        var random = new Random(1);
        var lengths = Enumerable.Range(0, 3007).Select(_ => random.Next(1, 200)).ToArray();
        var plan = new BatchPlan(lengths.Length, 16, seed: 3, shuffle: true, lengths);
        for (var epoch = 0; epoch < 2; epoch++)
        {
            var batches = Enumerable.Range(0, plan.StepsPerEpoch).Select(step => plan.Global(epoch, step)).ToList();
            Assert.Equal(Enumerable.Range(0, lengths.Length), batches.SelectMany(batch => batch).Order());
            var padded = batches.Sum(batch => batch.Count * batch.Max(sample => lengths[sample]));
            Assert.InRange(padded / (double)lengths.Sum(), 1, 1.1);
            // Short and long batches alternate: their order is as random as that of samples elsewhere.
            var means = batches.Select(batch => batch.Average(sample => lengths[sample])).ToList();
            Assert.InRange(means.Zip(means.Skip(1)).Count(pair => pair.First < pair.Second), means.Count * 0.4, means.Count * 0.6);
        }
        Assert.NotEqual(plan.Global(0, 0), plan.Global(1, 0));
        Assert.Equal(plan.Global(1, 5), new BatchPlan(lengths.Length, 16, seed: 3, shuffle: true, lengths).Global(1, 5));
        Assert.Equal(plan.Global(1, 5), Enumerable.Range(0, 3).SelectMany(rank => plan.Share(1, 5, rank, 3)));
    }

    [Fact]
    public void Lengths_do_not_change_an_order_that_is_not_random()
    {
        Assert.Equal([0, 1, 2], new BatchPlan(3, 4, seed: 1, shuffle: false, [3, 1, 2]).Global(0, 0));
        Assert.Throws<ArgumentException>(() => new BatchPlan(3, 4, seed: 1, shuffle: false, [3, 1]));
    }

    [Fact]
    public void The_order_by_length_is_the_same_on_every_platform()
    {
        var plan = new BatchPlan(10, 2, seed: 42, shuffle: true, [9, 8, 7, 6, 5, 4, 3, 2, 1, 1]);
        Assert.Equal([7, 6, 9, 8, 3, 2, 1, 0, 5, 4], Enumerable.Range(0, 5).SelectMany(step => plan.Global(0, step)));
    }
}
