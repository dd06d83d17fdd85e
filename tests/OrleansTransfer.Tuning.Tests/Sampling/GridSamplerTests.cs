using OrleansTransfer.Tuning.Sampling;
using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Tests.Sampling;

public class GridSamplerTests
{
    private static readonly SearchSpace s_space = new(
        new ChoiceParameter("optimizer", ["adamw", "sgd"]),
        new LogParameter("rate", 1e-4, 1e-2),
        new UniformParameter("momentum", 0, 0.9, 0.45) { When = new("optimizer", ["sgd"]) });

    [Fact]
    public void Every_combination_comes_once_in_order()
    {
        var study = Study();
        List<string> tried = [];
        while (study.Ask() is { } trial)
        {
            var values = s_space.Parameters.Where(parameter => trial.Configuration.ContainsKey(parameter.Path))
                .Select(parameter => trial.Configuration[parameter.Path]);
            tried.Add(string.Join(' ', values.Select(value => value.Kind == ParameterValueKind.Number ? $"{value.Number:G3}" : value.Text)));
            study.Tell(trial.Number, 1);
        }
        Assert.Equal(
        [
            "adamw 0.0001", "adamw 0.001", "adamw 0.01",
            "sgd 0.0001 0", "sgd 0.0001 0.45", "sgd 0.0001 0.9",
            "sgd 0.001 0", "sgd 0.001 0.45", "sgd 0.001 0.9",
            "sgd 0.01 0", "sgd 0.01 0.45", "sgd 0.01 0.9",
        ], tried);
    }

    [Fact]
    public void What_failed_comes_again_and_what_always_fails_is_left_out()
    {
        var study = Study();
        var first = study.Ask()!;
        study.Tell(study.Ask()!.Number, 1);
        study.Fail(first.Number, "the node was lost");
        var again = study.Ask()!;
        Assert.Equal(first.Configuration, again.Configuration);
        study.Fail(again.Number, "the node was lost");
        study.Fail(study.Ask()!.Number, "the node was lost");
        Assert.NotEqual(first.Configuration, study.Ask()!.Configuration);
    }

    private static Study Study() =>
        new(new() { Parameters = s_space.Parameters, Budget = new(100, 1), Goal = Goal.Minimise }, new GridSampler(points: 3));
}
