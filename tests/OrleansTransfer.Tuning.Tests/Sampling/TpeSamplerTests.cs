using OrleansTransfer.Tuning.Numerics;
using OrleansTransfer.Tuning.Sampling;
using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Tests.Sampling;

public class TpeSamplerTests
{
    [Fact]
    public void It_beats_random_search_on_most_seeds_in_a_conditional_space()
    {
        var space = Spaces.All["everything"];
        var wins = Enumerable.Range(0, 20).Count(seed => Best(space, new TpeSampler(), seed) < Best(space, new RandomSampler(), seed));
        Assert.InRange(wins, 16, 20);
    }

    [Fact]
    public void It_stays_away_from_what_cannot_work()
    {
        var space = new SearchSpace(new UniformParameter("x", 0, 1), new ChoiceParameter("batch", [32, 64, 128, 256]));
        var study = new Study(new() { Parameters = space.Parameters, Budget = new(100, 1), Goal = Goal.Minimise }, new TpeSampler());
        while (study.Ask() is { } trial)
        {
            if (trial.Configuration["batch"].Number > 64) study.Infeasible(trial.Number, "out of memory");
            else study.Tell(trial.Number, trial.Configuration["x"].Number);
        }
        Assert.InRange(study.Trials.Skip(50).Count(trial => trial.State == TrialState.Infeasible), 0, 10);
    }

    [Fact]
    public void Trials_that_run_push_suggestions_away()
    {
        var space = new SearchSpace(new UniformParameter("x", 0, 1));
        var finished = Enumerable.Range(0, 40).Select(i => (i + 0.5) / 40)
            .Select(x => (space.FromUnit([x]), TrialState.Completed, Math.Abs(x - 0.5))).ToArray();
        var running = Enumerable.Repeat((space.FromUnit([0.5]), TrialState.Running, 0.0), 10);
        double Far(IEnumerable<(Configuration, TrialState, double)> trials) => Enumerable.Range(0, 40).Average(seed =>
            Math.Abs(new TpeSampler().Suggest(new(space, Histories.Of(trials), seed)).Configuration!["x"].Number - 0.5));
        Assert.InRange(Far([.. finished, .. running]), 1.2 * Far(finished), 0.5);
    }

    [Fact]
    public void A_density_adds_up_to_one()
    {
        var space = new SearchSpace(new UniformParameter("x", 0, 1), new ChoiceParameter("c", ["a", "b", "c"]));
        var estimator = new ParzenEstimator(space, [[0.1, 0.2], [0.7, 0.9], [0.95, 0.9]], [1, 2, 1], 0.5, 0.8);
        var mass = 0.0;
        for (var choice = 0; choice < 3; choice++)
            for (var i = 0; i < 2000; i++) mass += Math.Exp(estimator.LogDensity([(i + 0.5) / 2000, (choice + 0.5) / 3])) / 2000;
        Assert.Equal(1, mass, 1e-4);
        mass = Enumerable.Range(0, 2000).Sum(i => Math.Exp(estimator.LogDensity([(i + 0.5) / 2000, double.NaN])) / 2000);
        Assert.Equal(1, mass, 1e-4);
    }

    [Fact]
    public void Draws_have_the_density()
    {
        var space = new SearchSpace(new UniformParameter("x", 0, 1));
        var estimator = new ParzenEstimator(space, [[0.2], [0.25], [0.9]], [1, 1, 1], 0.5, 0.8);
        var random = RandomStream.For(4);
        var drawn = Enumerable.Range(0, 40_000).Select(_ => estimator.Draw(random)[0]).ToArray();
        for (var bin = 0; bin < 10; bin++)
        {
            var expected = Enumerable.Range(0, 100).Average(i => Math.Exp(estimator.LogDensity([(bin + (i + 0.5) / 100) / 10]))) / 10;
            Assert.Equal(expected, drawn.Count(x => (int)(x * 10) == bin) / 40_000.0, 0.01);
        }
    }

    private static double Best(SearchSpace space, ISampler sampler, int seed)
    {
        var study = new Study(new() { Parameters = space.Parameters, Budget = new(50, 1), Goal = Goal.Minimise, Seed = seed }, sampler);
        while (study.Ask() is { } trial) study.Tell(trial.Number, Spaces.Loss(space, trial.Configuration));
        return study.Best!.Value!.Value;
    }
}
