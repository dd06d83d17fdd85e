using OrleansTransfer.Tuning.Numerics;

namespace OrleansTransfer.Tuning.Tests.Numerics;

public class NumericsTests
{
    // From tables to twenty digits.
    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(1, 0.84134474606854294859)]
    [InlineData(-3, 0.0013498980316300945267)]
    [InlineData(-7, 1.2798125438858350043e-12)]
    public void The_normal_distribution_is_exact(double z, double probability)
    {
        Assert.Equal(1, Normal.Cumulative(z) / probability, 1e-11);
        Assert.Equal(z, Normal.Quantile(probability), 1e-9);
    }

    [Fact]
    public void Logarithms_join_where_the_series_take_over()
    {
        Assert.Equal(Normal.LogCumulative(-8 + 1e-9), Normal.LogCumulative(-8), 1e-5);
        Assert.Equal(Normal.LogShortfall(-8 + 1e-9), Normal.LogShortfall(-8), 1e-4);
        Assert.InRange(Normal.LogShortfall(-1000), -500_100, -500_000);
        Assert.Equal(Math.Log(0.39894228040143267794), Normal.LogShortfall(0), 1e-12);
    }

    [Fact]
    public void A_factor_gives_back_inverse_and_determinant()
    {
        double[] matrix = [4, 2, 0.6, 2, 5, 1, 0.6, 1, 3];
        var factor = Cholesky.Of([.. matrix], 3)!;
        var inverse = factor.Inverse();
        for (var i = 0; i < 3; i++)
            for (var j = 0; j < 3; j++)
                Assert.Equal(i == j ? 1 : 0, Enumerable.Range(0, 3).Sum(k => matrix[i * 3 + k] * inverse[k * 3 + j]), 1e-12);
        Assert.Equal(Math.Log(4 * (15 - 1) - 2 * (6 - 0.6) + 0.6 * (2 - 3)), factor.LogDeterminant(), 1e-12);
        double[] solved = [1, 2, 3];
        factor.Forward(solved);
        factor.Backward(solved);
        Assert.Equal(2, 2 * solved[0] + 5 * solved[1] + solved[2], 1e-12);
        Assert.Null(Cholesky.Of([1, 2, 2, 1], 2));
    }

    [Fact]
    public void Eigenvectors_make_up_the_matrix()
    {
        var matrix = new double[,] { { 4, 1, -2 }, { 1, 2, 0 }, { -2, 0, 3 } };
        var (values, vectors) = SymmetricEigen.Of(matrix);
        for (var i = 0; i < 3; i++)
            for (var j = 0; j < 3; j++)
                Assert.Equal(matrix[i, j], Enumerable.Range(0, 3).Sum(k => values[k] * vectors[i, k] * vectors[j, k]), 1e-10);
    }

    [Fact]
    public void A_minimum_is_found_inside_and_at_the_edge_of_a_box()
    {
        double[] point = [-1.2, 1];
        BoxMinimizer.Minimise(Rosenbrock, point, [-2, -2], [2, 2], 200);
        Assert.Equal(1, point[0], 1e-3);
        point = [-1.2, 0.1];
        BoxMinimizer.Minimise(Rosenbrock, point, [-2, -2], [0.5, 2], 200);
        Assert.Equal((0.5, 0.25), (point[0], Math.Round(point[1], 3)));
    }

    [Fact]
    public void Sorted_values_give_ranks()
    {
        var random = RandomStream.For(1);
        var (sorted, plain) = (new SortedValues(), new List<double>());
        for (var i = 0; i < 5000; i++)
        {
            var value = Math.Round(random.NextDouble(), 3);
            sorted.Add(value);
            plain.Add(value);
        }
        plain.Sort();
        Assert.Equal(plain, Enumerable.Range(0, sorted.Count).Select(i => sorted[i]));
        for (var value = -0.5; value < 1.5; value += 0.01) Assert.Equal(plain.Count(other => other < value), sorted.CountBelow(value));
    }

    [Fact]
    public void Random_streams_are_even_and_unlike_each_other()
    {
        var random = RandomStream.For(7, 1);
        var normal = Enumerable.Range(0, 20_000).Select(_ => random.NextNormal()).ToArray();
        Assert.Equal(0, normal.Average(), 0.03);
        Assert.Equal(1, normal.Average(x => x * x), 0.05);
        var firsts = Enumerable.Range(0, 2000).Select(i => RandomStream.For(7, i).NextDouble()).ToArray();
        Assert.Equal(0.5, firsts.Average(), 0.03);
        Assert.Equal(0, firsts.Zip(firsts.Skip(1)).Average(pair => (pair.First - 0.5) * (pair.Second - 0.5)), 0.01);
        Assert.NotEqual(RandomStream.For(1, 2).NextBits(), RandomStream.For(2, 1).NextBits());
    }

    private static double Rosenbrock(ReadOnlySpan<double> x, Span<double> gradient)
    {
        var valley = x[1] - x[0] * x[0];
        (gradient[0], gradient[1]) = (-400 * x[0] * valley - 2 * (1 - x[0]), 200 * valley);
        return 100 * valley * valley + (1 - x[0]) * (1 - x[0]);
    }
}
