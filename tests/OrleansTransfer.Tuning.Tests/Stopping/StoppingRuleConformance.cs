using OrleansTransfer.Tuning.Registration;
using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Stopping;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Tests.Stopping;

/// <summary>What every stopping rule keeps to: the contract of <see cref="IStoppingRule"/>.</summary>
public abstract class StoppingRuleConformance
{
    private static readonly SearchSpace s_space = Spaces.All["everything"];

    protected abstract IStoppingRule Create();

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 27, 1)]
    [InlineData(2, 5, 4)]
    [InlineData(50, 27, 1)]
    [InlineData(100, 27, 7)]
    [InlineData(100, 10, 200)]
    public void Every_search_comes_to_its_end_within_its_budget(int trials, int epochs, int devices)
    {
        var study = Study(trials, epochs);
        new SimulatedSweep(study, devices, seed: 1).Run();
        Assert.Equal(trials, study.Trials.Count);
        Assert.All(study.Trials, trial => Assert.True(trial.IsOver && trial.Epochs <= epochs, $"{trial}"));
        Assert.Contains(study.Trials, trial => trial.State == TrialState.Completed && trial.Epochs == epochs);
        Assert.All(study.Trials.Where(trial => trial.State == TrialState.Stopped), trial => Assert.NotEmpty(trial.Reason));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Trials_that_fail_or_cannot_work_do_not_hold_up_the_others(int seed)
    {
        var study = Study(60, 27);
        new SimulatedSweep(study, 6, seed) { Failing = 0.05, Infeasible = 0.05 }.Run();
        Assert.All(study.Trials, trial => Assert.True(trial.IsOver, $"{trial}"));
        Assert.Equal(60, study.Trials.Count(trial => trial.State != TrialState.Failed));
        Assert.Contains(study.Trials, trial => trial.State == TrialState.Infeasible);
    }

    [Fact]
    public void A_search_whose_trials_all_fail_or_cannot_work_ends()
    {
        var study = Study(20, 9);
        new SimulatedSweep(study, 3, 1) { Infeasible = 1 }.Run();
        Assert.All(study.Trials, trial => Assert.Equal(TrialState.Infeasible, trial.State));
        Assert.Equal(NextStepKind.Done, study.Next().Kind);
    }

    [Fact]
    public void Equal_values_come_to_an_end_too()
    {
        var study = Study(40, 27);
        new SimulatedSweep(study, 4, 1) { Loss = (_, _) => 1 }.Run();
        Assert.All(study.Trials, trial => Assert.True(trial.IsOver));
    }

    [Fact]
    public void Put_down_and_taken_up_at_any_time_it_decides_the_same()
    {
        var (whole, interrupted) = (new SimulatedSweep(Study(40, 27), 3, 1), new SimulatedSweep(Study(40, 27), 3, 1));
        while (whole.Step())
        {
            interrupted.Study = Tuning.Study.Restore(interrupted.Study.Snapshot(), rule: Create());
            Assert.True(interrupted.Step());
            Assert.Equal(whole.Study.Snapshot(), interrupted.Study.Snapshot());
        }
        Assert.False(interrupted.Step());
    }

    [Fact]
    public void A_space_that_is_exhausted_ends_the_search_with_every_trial_over()
    {
        var study = new Study(Settings(50, 9) with { Parameters = Spaces.All["steps"].Parameters }, rule: Create());
        new SimulatedSweep(study, 4, 1).Run();
        // Population-based training moves to configurations that were not started, and so leaves fewer to start.
        Assert.InRange(study.Trials.Count, 6, 30);
        Assert.All(study.Trials, trial => Assert.True(trial.IsOver));
    }

    [Fact]
    public void A_budget_that_grows_lets_the_search_go_on()
    {
        var study = Study(10, 9);
        new SimulatedSweep(study, 2, 1).Run();
        study.Budget = study.Budget with { Trials = 25 };
        new SimulatedSweep(study, 2, 2).Run();
        Assert.Equal(25, study.Trials.Count(trial => trial.IsOver));
    }

    [Fact]
    public void A_search_for_more_makes_the_decisions_of_one_for_less_of_the_negative()
    {
        var (less, more) = (Study(30, 27), new Study(Settings(30, 27) with { Goal = Goal.Maximise }, rule: Create()));
        new SimulatedSweep(less, 3, 1).Run();
        new SimulatedSweep(more, 3, 1) { Loss = (trial, epoch) => -SimulatedSweep.Curve(trial, epoch) }.Run();
        Assert.Equal(less.Trials.Select(trial => (trial.State, trial.Epochs)), more.Trials.Select(trial => (trial.State, trial.Epochs)));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(50, 27)]
    [InlineData(300, 100)]
    public void A_plan_is_within_the_budget_and_ends_with_whole_trials(int trials, int epochs)
    {
        var plan = Create().Plan(new(trials, epochs));
        Assert.Equal((trials, epochs), (plan.Trials, plan.EpochsPerTrial));
        Assert.InRange(plan.ExpectedEpochs, trials, plan.FullEpochs);
        Assert.Contains(plan.Rungs, rung => rung.Epoch == epochs);
        Assert.All(plan.Rungs, rung => Assert.InRange(rung.Trials, 0, trials));
        Assert.NotEmpty(plan.Note);
    }

    [Fact]
    public void The_name_is_that_of_the_catalogue() =>
        Assert.Equal(Create().Name, StoppingRules.Create(Create().Name).Name);

    private Study Study(int trials, int epochs) => new(Settings(trials, epochs), rule: Create());

    private static StudySettings Settings(int trials, int epochs) => new()
    {
        Parameters = s_space.Parameters,
        Budget = new(trials, epochs),
        Goal = Goal.Minimise,
        Sampler = new("random"),
    };
}

public class NoStoppingConformance : StoppingRuleConformance
{
    protected override IStoppingRule Create() => new NoStopping();
}

public class MedianStoppingConformance : StoppingRuleConformance
{
    protected override IStoppingRule Create() => new MedianStopping();
}

public class AshaStoppingConformance : StoppingRuleConformance
{
    protected override IStoppingRule Create() => new AshaStopping();
}

public class HyperbandStoppingConformance : StoppingRuleConformance
{
    protected override IStoppingRule Create() => new HyperbandStopping();
}

public class PopulationBasedTrainingConformance : StoppingRuleConformance
{
    protected override IStoppingRule Create() => new PopulationBasedTraining(new() { Interval = 2 });
}
