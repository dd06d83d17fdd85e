using OrleansTransfer.Tuning.Sampling;
using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Tests.Sampling;

public class CmaEsSamplerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void It_converges_on_a_sphere_however_many_run_at_a_time(int running)
    {
        var study = Study([.. Enumerable.Range(0, 5).Select(i => new UniformParameter($"x{i}", -5, 5))], 600);
        Run(study, running, trial => trial.Configuration.Values.Sum(x => Math.Pow(x.Number - 1, 2)));
        Assert.InRange(study.Best!.Value!.Value, 0, 1e-4);
    }

    [Fact]
    public void It_follows_a_narrow_valley_that_is_askew()
    {
        var study = Study([new UniformParameter("x", -1, 1), new UniformParameter("y", -1, 1)], 400);
        Run(study, 1, trial =>
        {
            var (x, y) = (trial.Configuration["x"].Number, trial.Configuration["y"].Number);
            return Math.Pow(x - y, 2) * 1e4 + Math.Pow(x + y - 0.6, 2);
        });
        Assert.InRange(study.Best!.Value!.Value, 0, 1e-4);
    }

    [Fact]
    public void Whole_numbers_and_choices_come_to_the_best()
    {
        var study = Study([new IntParameter("depth", 0, 20), new UniformParameter("x", -5, 5), new ChoiceParameter("kind", ["a", "b", "c"])], 200);
        Run(study, 1, trial => Math.Pow(trial.Configuration["depth"].Number - 13, 2) + Math.Pow(trial.Configuration["x"].Number, 2)
            + (trial.Configuration["kind"].Text == "b" ? 0 : 3));
        Assert.Equal(("b", 13.0), (study.Best!.Configuration["kind"].Text, study.Best.Configuration["depth"].Number));
        Assert.InRange(study.Trials.TakeLast(50).Count(trial => trial.Configuration["kind"].Text == "b"), 30, 50);
    }

    private static void Run(Study study, int running, Func<Trial, double> loss)
    {
        var asked = new Queue<Trial>();
        while (study.Ask() is { } trial)
        {
            asked.Enqueue(trial);
            if (asked.Count == running) study.Tell(asked.Peek().Number, loss(asked.Dequeue()));
        }
    }

    private static Study Study(IReadOnlyList<SearchParameter> parameters, int trials) =>
        new(new() { Parameters = parameters, Budget = new(trials, 1), Goal = Goal.Minimise }, new CmaEsSampler());
}
