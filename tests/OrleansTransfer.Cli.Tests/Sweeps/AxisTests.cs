using OrleansTransfer.Cli.Sweeps.Report;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Tests.Sweeps;

public sealed class AxisTests
{
    [Theory]
    [InlineData(1e-5, 1e-2, true, "1e-5,1e-4,0.001,0.01")]
    [InlineData(0.05, 2, true, "0.05,0.1,0.2,0.5,1,2")]
    [InlineData(0, 0.5, false, "0,0.1,0.2,0.3,0.4,0.5")]
    [InlineData(8, 128, false, "20,40,60,80,100,120")]
    [InlineData(3, 3, false, "3")]
    public void Marks_are_round_numbers_within_the_range(double low, double high, bool logarithmic, string expected)
    {
        var axis = new NumberAxis(low, high, logarithmic);
        Assert.Equal(expected, string.Join(',', axis.Marks.Select(mark => mark.Label)));
        Assert.All(axis.Marks, mark => Assert.InRange(mark.At, 0, 1));
    }

    [Fact]
    public void A_logarithmic_axis_gives_every_factor_the_same_length()
    {
        var axis = Axis.Of(new("x", "log") { Low = 1e-4, High = 1 });
        Assert.Equal(0.5, axis.Place("0.01")!.Value, 12);
        Assert.Equal(0.25, axis.Place("1e-3")!.Value, 12);
    }

    [Fact]
    public void Choices_are_read_from_the_top_and_numbers_among_them_by_value()
    {
        var axis = Axis.Of(new("x", "choice") { Values = ["1e-3", "0.01"] });
        Assert.Equal(0.75, axis.Place("0.001"));
        Assert.Equal(0.25, axis.Place("0.01"));
        Assert.Null(axis.Place("none"));
    }
}
