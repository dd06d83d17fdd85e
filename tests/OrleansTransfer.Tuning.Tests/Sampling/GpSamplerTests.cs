using OrleansTransfer.Tuning.Numerics;
using OrleansTransfer.Tuning.Sampling;
using OrleansTransfer.Tuning.Sampling.GaussianProcesses;
using OrleansTransfer.Tuning.Space;

namespace OrleansTransfer.Tuning.Tests.Sampling;

public class GpSamplerTests
{
    private static readonly Features s_plane = new(new(new UniformParameter("x", 0, 1), new UniformParameter("y", 0, 1)));
    private static readonly double[][] s_points = [[0.1, 0.2], [0.4, 0.9], [0.8, 0.5]];
    private static readonly double[] s_losses = [1, -0.5, 0.3];

    // Length scales 0.3 and 0.7, signal variance 1.5, noise variance 0.01.
    private static readonly double[] s_logs = [Math.Log(0.3), Math.Log(0.7), Math.Log(1.5), Math.Log(0.01)];

    [Fact]
    public void The_posterior_is_that_of_the_textbook()
    {
        // Solved with PyTorch from equations 2.23 and 2.24 of Rasmussen and Williams.
        var (mean, variance) = Posterior.Of(s_plane, s_points, s_losses, s_logs).At([0.5, 0.5]);
        Assert.Equal(-0.08679501719080757, mean, 1e-12);
        Assert.Equal(0.5360810037271841, variance, 1e-12);
    }

    [Fact]
    public void The_posterior_of_one_point_is_what_can_be_worked_out_by_hand()
    {
        var line = new Features(new(new UniformParameter("x", 0, 1)));
        var posterior = Posterior.Of(line, [[0.5]], [2], [0, 0, Math.Log(0.25)]);
        var (mean, variance) = posterior.At([0.5]);
        Assert.Equal(2 / 1.25, mean, 1e-12);
        Assert.Equal(1 - 1 / 1.25, variance, 1e-12);
        Assert.Equal(1 - Math.Pow(Matern.Correlation(Math.Sqrt(5) * 0.5), 2) / 1.25, posterior.At([1]).Variance, 1e-12);
    }

    [Fact]
    public void Gradients_are_those_that_differences_give()
    {
        var posterior = Posterior.Of(s_plane, s_points, s_losses, s_logs);
        var improvement = new ExpectedImprovement(posterior, -0.4);
        foreach (double[] point in new double[][] { [0.5, 0.5], [0.39, 0.88], [0.11, 0.2], [0.9, 0.1] })
            Agree(improvement.Minus, point);
        Agree(new Likelihood(s_plane, s_points, s_losses).Evaluate, s_logs);
        Agree(new Likelihood(s_plane, s_points, s_losses).Evaluate, [-1, 0.5, -0.3, -2]);
    }

    [Fact]
    public void Losses_worse_than_the_median_count_by_their_order_alone()
    {
        var warped = Warping.Of([1, 2, 3, 4, 1e6, double.PositiveInfinity]);
        var further = Warping.Of([1, 2, 3, 5, 1e9, double.PositiveInfinity]);
        Assert.Equal(warped, further);
        Assert.Equal(warped.Order(), warped);
        Assert.Equal(warped[2] - warped[1], warped[1] - warped[0], 1e-12);
        Assert.Equal(0, warped.Average(), 1e-12);
        Assert.All(Warping.Of([double.PositiveInfinity, double.PositiveInfinity]), value => Assert.Equal(0, value));
        Assert.All(Warping.Of([7, 7, 7]), value => Assert.True(double.IsFinite(value)));
    }

    [Fact]
    public void It_finds_the_minimum_of_a_smooth_function()
    {
        var space = new SearchSpace(new UniformParameter("x", -5, 10), new UniformParameter("y", 0, 15));
        var study = new Study(new() { Parameters = space.Parameters, Budget = new(40, 1), Goal = Trials.Goal.Minimise }, new GpSampler());
        while (study.Ask() is { } trial)
            study.Tell(trial.Number, Math.Pow(trial.Configuration["x"].Number - 3, 2) + Math.Pow(trial.Configuration["y"].Number - 2, 2));
        Assert.InRange(study.Best!.Value!.Value, 0, 1e-3);
    }

    private static void Agree(BoxMinimizer.Function function, double[] point)
    {
        var (gradient, ignored) = (new double[point.Length], new double[point.Length]);
        function(point, gradient);
        for (var i = 0; i < point.Length; i++)
        {
            double[] up = [.. point], down = [.. point];
            (up[i], down[i]) = (up[i] + 1e-6, down[i] - 1e-6);
            var slope = (function(up, ignored) - function(down, ignored)) / 2e-6;
            Assert.Equal(slope, gradient[i], 1e-4 * (1 + Math.Abs(slope)));
        }
    }
}
