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

    // A stage of 20 MB, one of 8 and one of 100 KB, in buckets of 25 MB.
    [Fact]
    public void What_a_section_leaves_is_sent_with_it_if_it_is_worth_an_exchange()
    {
        ParameterSlot[] slots = [Slot(0, 0), Slot(4_000_000, 0), Slot(8_000_000, 1), Slot(10_000_000, 2), Slot(10_025_600, 3)];
        Assert.Equal(
            [new(0, 8_000_000, 0), new(8_000_000, 2_000_000, 1), new(10_000_000, 50_000, 3)],
            GradientBuckets.Cut(slots, 10_050_000, length: 6_250_000));
        Assert.Equal(
            [new(0, 4_000_000, 0), new(4_000_000, 4_000_000, 0), new(8_000_000, 2_000_000, 1), new(10_000_000, 50_000, 3)],
            GradientBuckets.Cut(slots, 10_050_000, length: 3_000_000));
    }

    private static ParameterSlot Slot(long offset, int section) => new("x", offset, 10, [10], section);
}
