using OrleansTransfer.Tuning.Numerics;
using OrleansTransfer.Tuning.Sampling;
using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Tests.Sampling;

/// <summary>What every sampler keeps to: the contract of <see cref="ISampler"/>.</summary>
public abstract class SamplerConformance
{
    public static TheoryData<string> SpaceNames => Spaces.Names;

    /// <summary>A sampler that asks its model from the fifth trial on, so that the tests reach it.</summary>
    protected abstract ISampler Create();

    [Theory, MemberData(nameof(SpaceNames))]
    public void Suggestions_are_of_the_space_and_never_come_twice(string name)
    {
        var (space, seen) = (Spaces.All[name], new HashSet<Configuration>());
        foreach (var trial in Run(Study(space, Create(), 60), space))
        {
            Assert.Empty(space.Check(trial.Configuration));
            Assert.True(seen.Add(trial.Configuration), $"{trial.Configuration} came twice");
        }
        Assert.InRange(seen.Count, (int)Math.Min(space.Cardinality ?? 5, 5), 60);
    }

    [Theory, MemberData(nameof(SpaceNames))]
    public void The_same_seed_gives_the_same_suggestions(string name)
    {
        var space = Spaces.All[name];
        Assert.Equal(
            Run(Study(space, Create(), 25), space).Select(trial => trial.Configuration),
            Run(Study(space, Create(), 25), space).Select(trial => trial.Configuration));
    }

    [Theory, MemberData(nameof(SpaceNames))]
    public void A_finite_space_is_exhausted_once_all_is_tried(string name)
    {
        var space = Spaces.All[name];
        if (space.Cardinality is not { } all) return;
        Assert.Equal(all, Run(Study(space, Create(), 10_000), space).Select(trial => trial.Configuration).Distinct().Count());
    }

    [Theory, MemberData(nameof(SpaceNames))]
    public void Put_down_and_taken_up_at_any_time_it_goes_on_the_same(string name)
    {
        var space = Spaces.All[name];
        var whole = Study(space, Create(), 20);
        var interrupted = Study(space, Create(), 20);
        while (Step(whole, space) is { } trial)
        {
            interrupted = Tuning.Study.Restore(interrupted.Snapshot(), Create());
            Assert.Equal(trial.Configuration, Step(interrupted, space)!.Configuration);
        }
        Assert.Null(Step(interrupted, space));
    }

    [Theory, MemberData(nameof(SpaceNames))]
    public void Trials_that_run_are_not_suggested_again(string name)
    {
        var space = Spaces.All[name];
        var study = Study(space, Create(), 40);
        for (var i = 0; i < 12 && Step(study, space) is not null; i++) { }
        var running = Enumerable.Range(0, 8).Select(_ => study.Ask()).OfType<Trial>().ToList();
        Assert.Distinct(running.Select(trial => trial.Configuration));
        Assert.All(running, trial => Assert.Empty(space.Check(trial.Configuration)));
    }

    [Theory, MemberData(nameof(SpaceNames))]
    public void The_history_is_left_as_it_is(string name)
    {
        var space = Spaces.All[name];
        var study = Study(space, Create(), 40);
        for (var i = 0; i < 10 && Step(study, space) is not null; i++) { }
        var history = TrialHistory.Of(Goal.Minimise, study.Trials, []);
        Trial[] before = [.. history.Trials];
        Create().Suggest(new(space, history, 1));
        Assert.Equal(before, history.Trials);
    }

    [Theory]
    [InlineData(TrialState.Completed)]
    [InlineData(TrialState.Infeasible)]
    [InlineData(TrialState.Failed)]
    [InlineData(TrialState.Stopped)]
    [InlineData(TrialState.Paused)]
    [InlineData(TrialState.Running)]
    public void A_history_of_one_kind_of_trial_is_survived(TrialState state)
    {
        foreach (var space in Spaces.All.Values)
        {
            var random = RandomStream.For(5);
            var history = Histories.Of(Enumerable.Range(0, 15).Select(_ => (space.FromUnit(random.NextPoint(space.Dimensions)), state, 1.0)));
            var suggestion = Create().Suggest(new(space, history, 1));
            if (suggestion.Configuration is { } configuration) Assert.Empty(space.Check(configuration));
        }
    }

    [Fact]
    public void A_history_of_all_kinds_of_trials_and_of_extreme_values_is_survived()
    {
        var states = Enum.GetValues<TrialState>();
        double[] values = [1e300, -1e300, 0, 1e-300, 5, 5];
        foreach (var space in Spaces.All.Values)
        {
            var random = RandomStream.For(6);
            var history = Histories.Of(Goal.Maximise, Enumerable.Range(0, 36).Select(i =>
                (space.FromUnit(random.NextPoint(space.Dimensions)), states[i % 6], values[i / 6])));
            var suggestion = Create().Suggest(new(space, history, 1));
            if (suggestion.Configuration is { } configuration) Assert.Empty(space.Check(configuration));
        }
    }

    [Fact]
    public void A_metric_that_is_not_a_number_is_survived()
    {
        var space = Spaces.All["everything"];
        var study = Study(space, Create(), 30);
        while (study.Ask() is { } trial) study.Tell(trial.Number, trial.Number % 3 == 0 ? double.NaN : Spaces.Loss(space, trial.Configuration));
        Assert.Equal(10, study.Trials.Count(trial => trial.State == TrialState.Infeasible));
    }

    [Fact]
    public void Failed_trials_say_nothing_of_their_configuration()
    {
        var space = Spaces.All["one value"];
        var study = Study(space, Create(), 3);
        study.Fail(study.Ask()!.Number, "the node was lost");
        Assert.Equal(study.Get(0).Configuration, study.Ask()!.Configuration);
    }

    private static Study Study(SearchSpace space, ISampler sampler, int trials) =>
        new(new() { Parameters = space.Parameters, Budget = new(trials, 1), Goal = Goal.Minimise, Seed = 3 }, sampler);

    private static IEnumerable<Trial> Run(Study study, SearchSpace space)
    {
        while (Step(study, space) is { } trial) yield return trial;
    }

    private static Trial? Step(Study study, SearchSpace space)
    {
        if (study.Ask() is not { } trial) return null;
        study.Tell(trial.Number, Spaces.Loss(space, trial.Configuration));
        return trial;
    }
}

public class GridSamplerConformance : SamplerConformance
{
    protected override ISampler Create() => new GridSampler();
}

public class RandomSamplerConformance : SamplerConformance
{
    protected override ISampler Create() => new RandomSampler();
}

public class SobolSamplerConformance : SamplerConformance
{
    protected override ISampler Create() => new SobolSampler();
}

public class TpeSamplerConformance : SamplerConformance
{
    protected override ISampler Create() => new TpeSampler(new() { Startup = 4 });
}

public class GpSamplerConformance : SamplerConformance
{
    protected override ISampler Create() => new GpSampler(new() { Startup = 4 });
}

public class CmaEsSamplerConformance : SamplerConformance
{
    protected override ISampler Create() => new CmaEsSampler();
}
