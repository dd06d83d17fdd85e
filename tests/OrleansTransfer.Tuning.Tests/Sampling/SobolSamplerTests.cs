using OrleansTransfer.Tuning.Numerics;

namespace OrleansTransfer.Tuning.Tests.Sampling;

public class SobolSamplerTests
{
    // The first points in six dimensions as PyTorch's SobolEngine, which has the same direction numbers, gives them.
    private static readonly double[][] s_known =
    [
        [0, 0, 0, 0, 0, 0],
        [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
        [0.75, 0.25, 0.25, 0.25, 0.75, 0.75],
        [0.25, 0.75, 0.75, 0.75, 0.25, 0.25],
        [0.375, 0.375, 0.625, 0.875, 0.375, 0.125],
        [0.875, 0.875, 0.125, 0.375, 0.875, 0.625],
        [0.625, 0.125, 0.875, 0.625, 0.625, 0.875],
        [0.125, 0.625, 0.375, 0.125, 0.125, 0.375],
    ];

    [Fact]
    public void The_plain_sequence_has_the_known_values() =>
        Assert.Equal(s_known, Enumerable.Range(0, 8).Select(n => Enumerable.Range(0, 6).Select(d => SobolSequence.Plain((uint)n, d)).ToArray()));

    [Theory]
    [InlineData(1000, 20, 0.5224609375)]
    [InlineData(12345, 63, 0.46563720703125)]
    public void High_dimensions_have_the_known_values(uint index, int dimension, double value) =>
        Assert.Equal(value, SobolSequence.Plain(index, dimension), 1e-9);

    [Fact]
    public void Scrambled_points_still_lie_one_in_each_equal_part()
    {
        for (var dimension = 0; dimension < SobolSequence.Dimensions; dimension++)
        {
            var parts = Enumerable.Range(0, 256).Select(n => (int)(SobolSequence.Scrambled((uint)n, dimension, 77) * 256)).Order();
            Assert.Equal(Enumerable.Range(0, 256), parts);
        }
    }

    [Fact]
    public void Seeds_scramble_differently() =>
        Assert.NotEqual(SobolSequence.Scrambled(5, 2, 1), SobolSequence.Scrambled(5, 2, 2));
}
