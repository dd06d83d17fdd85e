using OrleansTransfer.Tuning.Importance;
using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Tests.Importance;

public class ImportancesTests
{
    private static readonly SearchSpace s_space = new(
        new UniformParameter("minor", 0, 1),
        new LogParameter("major", 1e-4, 1),
        new ChoiceParameter("kind", ["a", "b", "c"]),
        new UniformParameter("none", 0, 1));

    [Fact]
    public void The_parameter_that_matters_comes_first_and_the_one_that_does_not_last()
    {
        var found = Importances.Of(s_space, Trials(150, trial => 3 * Math.Log10(trial["major"].Number) + trial["minor"].Number));
        Assert.Equal("major", found[0].Path);
        Assert.Equal("minor", found[1].Path);
        Assert.InRange(found[0].Share, 0.85, 1);
        Assert.True(found.Skip(2).All(other => other.Share < 0.02), $"{string.Join(", ", found)}");
    }

    [Fact]
    public void Shares_are_those_of_the_variance()
    {
        // Variances of the three terms: 4/12, 1/12 and, for 0, 0 and 0.9, 0.18: of 0.597.
        var trials = Trials(600, trial =>
            2 * s_space.Parameters[1].ToUnit(trial["major"]) + trial["minor"].Number + (trial["kind"].Text == "c" ? 0.9 : 0));
        var found = Importances.Of(s_space, trials).ToDictionary(one => one.Path, one => one.Share);
        Assert.Equal(0.56, found["major"], 0.08);
        Assert.Equal(0.30, found["kind"], 0.08);
        Assert.Equal(0.14, found["minor"], 0.06);
        Assert.Equal(0, found["none"], 0.02);
    }

    [Fact]
    public void What_several_do_together_is_no_ones_own()
    {
        var found = Importances.Of(s_space, Trials(300, trial => (trial["minor"].Number - 0.5) * (trial["none"].Number - 0.5)));
        Assert.InRange(found.Sum(one => one.Share), 0, 0.5);
    }

    [Fact]
    public void Too_few_or_equal_values_tell_nothing()
    {
        Assert.All(Importances.Of(s_space, []), one => Assert.Equal(0, one.Share));
        Assert.All(Importances.Of(s_space, Trials(50, _ => 0.1)), one => Assert.Equal(0, one.Share));
        Assert.Equal(4, Importances.Of(Spaces.All["one value"], []).Count);
    }

    private static IReadOnlyList<Trial> Trials(int count, Func<Configuration, double> value)
    {
        var study = new Study(new() { Parameters = s_space.Parameters, Budget = new(count, 1), Sampler = new("random") });
        while (study.Ask() is { } trial) study.Tell(trial.Number, value(trial.Configuration));
        return study.Trials;
    }
}
