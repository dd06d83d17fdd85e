using OrleansTransfer.Cluster.Workers;

namespace OrleansTransfer.Cluster.Tests.Workers;

public class RunPlanTests
{
    [Theory]
    [InlineData(10, 2, 16)]
    [InlineData(512, 2, 16)]
    [InlineData(1200, 2, 32)]
    [InlineData(100_000, 2, 64)]
    [InlineData(100_000, 128, 128)]
    public void The_data_decide_the_batch_size_that_a_recipe_leaves_open(int samples, int workers, int expected) =>
        Assert.Equal(expected, RunPlan.BatchSizeFor(samples, workers));
}
