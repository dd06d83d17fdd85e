using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Learning.Tests.Training;

public class GradientBucketsTests
{
    private static readonly ParameterSlot[] s_slots = [Slot(0, 0), Slot(16, 0), Slot(32, 1), Slot(64, 2)];

    [Fact]
    public void Buckets_end_where_parameters_do_and_cover_everything() => Assert.Equal(
        [new(0, 32, 0), new(32, 32, 1), new(64, 36, 2)], GradientBuckets.Cut(s_slots, 100, length: 20));

    [Fact]
    public void A_bucket_is_final_when_its_last_parameter_is() => Assert.Equal([new(0, 64, 1), new(64, 36, 2)], GradientBuckets.Cut(s_slots, 100, 40));

    [Fact]
    public void One_bucket_may_hold_all() => Assert.Equal([new(0, 100, 2)], GradientBuckets.Cut(s_slots, 100, 1000));

    [Fact]
    public void The_smallest_buckets_are_single_parameters() => Assert.Equal(4, GradientBuckets.Cut(s_slots, 100, 1).Count);

    private static ParameterSlot Slot(long offset, int section) => new("x", offset, 10, [10], section);
}
