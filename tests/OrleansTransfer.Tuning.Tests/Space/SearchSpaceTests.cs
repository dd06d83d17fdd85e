using OrleansTransfer.Tuning.Numerics;
using OrleansTransfer.Tuning.Space;

namespace OrleansTransfer.Tuning.Tests.Space;

public class SearchSpaceTests
{
    private static readonly SearchSpace s_conditional = new(
        new UniformParameter("momentum", 0, 0.9) { When = new("optimizer", ["sgd"]) },
        new ChoiceParameter("optimizer", ["adamw", "sgd"]),
        new LogParameter("rate", 1e-5, 1e-1));

    [Fact]
    public void A_value_comes_back_from_the_point_it_was_mapped_to()
    {
        var space = new SearchSpace(
            new UniformParameter("uniform", -1, 3), new UniformParameter("stepped", 0, 1, 0.1), new LogParameter("log", 1e-5, 1),
            new IntParameter("int", -2, 7), new IntParameter("even", 0, 100, 20), new IntParameter("logInt", 1, 1000, Log: true),
            new ChoiceParameter("choice", ["a", 2, true, false]));
        var random = RandomStream.For(1);
        for (var i = 0; i < 1000; i++)
        {
            var configuration = space.FromUnit(random.NextPoint(space.Dimensions));
            var again = space.FromUnit(space.ToUnit(configuration));
            Assert.Empty(space.Check(configuration));
            Assert.Equal(configuration["log"].Number, again["log"].Number, configuration["log"].Number * 1e-12);
            Assert.Equal(configuration["uniform"].Number, again["uniform"].Number, 1e-12);
            Assert.Equal(configuration.With("log", 1).With("uniform", 0), again.With("log", 1).With("uniform", 0));
        }
    }

    [Fact]
    public void Steps_are_numbers_as_a_person_would_write_them()
    {
        var parameter = new UniformParameter("dropout", 0, 1, 0.1);
        Assert.Equal(["0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1"],
            Enumerable.Range(0, 11).Select(i => parameter.FromUnit((i + 0.5) / 11).ToString()));
    }

    [Fact]
    public void The_ends_of_the_unit_interval_are_the_bounds()
    {
        SearchParameter[] parameters = [new UniformParameter("u", -3, 7), new LogParameter("l", 1e-5, 1e-2), new IntParameter("i", 2, 9)];
        foreach (var parameter in parameters)
        {
            var (low, high) = (parameter.FromUnit(0).Number, parameter.FromUnit(1).Number);
            Assert.True(parameter.Allows(low) && parameter.Allows(high) && !parameter.Allows(low - 1) && !parameter.Allows(high + 1));
        }
    }

    [Fact]
    public void A_parameter_is_there_only_when_its_condition_holds()
    {
        Assert.Equal(["optimizer", "rate"], s_conditional.FromUnit([0.5, 0.2, 0.5]).Keys);
        Assert.Equal(["momentum", "optimizer", "rate"], s_conditional.FromUnit([0.5, 0.8, 0.5]).Keys);
        Assert.Equal(double.NaN, s_conditional.ToUnit(s_conditional.FromUnit([0.5, 0.2, 0.5]))[0]);
    }

    [Fact]
    public void A_condition_on_an_absent_parent_does_not_hold()
    {
        var space = new SearchSpace(
            new ChoiceParameter("a", [true, false]),
            new ChoiceParameter("b", [1, 2]) { When = new("a", [true]) },
            new IntParameter("c", 0, 4) { When = new("b", [2]) });
        Assert.Equal(["a"], space.FromUnit([0.9, 0.9, 0.9]).Keys);
        Assert.Equal(1 + 1 + 5, space.Cardinality);
    }

    [Fact]
    public void Configurations_are_counted() => Assert.Equal(3 * (2 + 11), new SearchSpace(
        new IntParameter("n", 1, 3),
        new ChoiceParameter("kind", ["x", "y", "z"]),
        new UniformParameter("z", 0, 1, 0.1) { When = new("kind", ["z"]) }).Cardinality);

    [Fact]
    public void Every_problem_is_told_at_once()
    {
        var failure = Assert.Throws<SpaceException>(() => new SearchSpace(
            new UniformParameter("upsideDown", 2, 1),
            new UniformParameter("step", 0, 1, 0.3),
            new UniformParameter("endless", 0, double.PositiveInfinity),
            new LogParameter("log", 0, 1),
            new IntParameter("int", 0, 10, 3),
            new IntParameter("logInt", 1, 8, 2, Log: true),
            new ChoiceParameter("empty", []),
            new ChoiceParameter("twice", ["a", "a"]),
            new UniformParameter("same", 0, 1),
            new UniformParameter("same", 0, 1),
            new UniformParameter("orphan", 0, 1) { When = new("twcie", ["a"]) },
            new UniformParameter("ofNumber", 0, 1) { When = new("same", [1]) },
            new UniformParameter("ofOther", 0, 1) { When = new("twice", ["b"]) },
            new ChoiceParameter("hen", [1]) { When = new("egg", [1]) },
            new ChoiceParameter("egg", [1]) { When = new("hen", [1]) }));
        Assert.Equal(
            ["same", "upsideDown", "step", "endless", "log", "int", "logInt", "empty", "twice", "orphan", "ofNumber", "ofOther", "hen", "egg"],
            failure.Problems.Select(problem => problem.Path));
        Assert.Contains("did you mean 'twice'?", failure.Message, StringComparison.Ordinal);
        Assert.Contains("log: found 0 to 1; on a logarithmic scale bounds are above 0", failure.Message, StringComparison.Ordinal);
        Assert.Contains("hen -> egg -> hen", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_space_without_parameters_is_a_problem() => Assert.Throws<SpaceException>(() => new SearchSpace([]));

    [Fact]
    public void A_configuration_from_elsewhere_is_checked()
    {
        var problems = s_conditional.Check(new([new("optimizer", "adamw"), new("momentum", 0.5), new("rte", 0.1)]));
        Assert.Equal(["rte", "momentum", "rate"], problems.Select(problem => problem.Path));
        Assert.Contains("did you mean 'rate'?", problems[0].Allowed, StringComparison.Ordinal);
    }

    [Fact]
    public void Configurations_are_equal_by_value()
    {
        var one = new Configuration([new("b", 1.0), new("a", "x"), new("c", true)]);
        var other = new Configuration([new("c", true), new("a", "x"), new("b", 1)]);
        Assert.Equal(one, other);
        Assert.Equal(one.GetHashCode(), other.GetHashCode());
        Assert.Equal("""{"a":"x","b":1,"c":true}""", one.Key);
        Assert.NotEqual(one, other.With("b", "1"));
        Assert.Equal(new Configuration([new("zero", 0.0)]), new Configuration([new("zero", -0.0)]));
    }
}
