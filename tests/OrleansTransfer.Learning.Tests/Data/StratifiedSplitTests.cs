using OrleansTransfer.Learning.Data;

namespace OrleansTransfer.Learning.Tests.Data;

public sealed class StratifiedSplitTests
{
    [Theory]
    [InlineData(0.2, 10, 2)]
    [InlineData(0.25, 10, 3)]
    [InlineData(0.01, 10, 1)]
    [InlineData(0.99, 10, 9)]
    [InlineData(0.5, 2, 1)]
    [InlineData(0.9, 1, 0)]
    public void Each_label_gives_its_share_and_keeps_at_least_one(double fraction, int count, int held)
    {
        var (train, validation) = StratifiedSplit.By(Dataset(count, 20), fraction, seed: 1);
        Assert.Equal(held, validation.Count(index => index < count));
        Assert.Equal(Enumerable.Range(0, count + 20), train.Concat(validation).Order());
    }

    [Fact]
    public void The_same_seed_splits_alike_and_another_does_not()
    {
        var dataset = Dataset(40, 40);
        Assert.Equal(StratifiedSplit.By(dataset, 0.2, 7).Validation, StratifiedSplit.By(dataset, 0.2, 7).Validation);
        Assert.NotEqual(StratifiedSplit.By(dataset, 0.2, 7).Validation, StratifiedSplit.By(dataset, 0.2, 8).Validation);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void A_fraction_outside_the_open_interval_is_refused(double fraction) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => StratifiedSplit.By(Dataset(4, 4), fraction, 1));

    private static ImageDataset Dataset(params int[] counts) =>
        new(
            "/",
            [.. counts.Select((_, i) => $"{i}")],
            [.. counts.SelectMany((n, label) => Enumerable.Range(0, n).Select(i => new ImageSample($"{label}/{i}", label)))],
            []);
}
