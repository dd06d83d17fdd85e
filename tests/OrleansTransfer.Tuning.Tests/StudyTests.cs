using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Stopping;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Tests;

public class StudyTests
{
    private static readonly StudySettings s_settings = new()
    {
        Parameters = [new LogParameter("rate", 1e-5, 1e-1), new ChoiceParameter("depth", [1, 2, 3])],
        Budget = new(5, 3),
        Goal = Goal.Maximise,
        Sampler = new("random"),
    };

    [Fact]
    public void A_study_runs_from_the_first_question_to_the_last()
    {
        var study = new Study(s_settings);
        while (study.Ask() is { } trial)
        {
            for (var epoch = 1; epoch <= trial.Until; epoch++) study.Report(trial.Number, epoch, 0.1 * epoch);
            study.Tell(trial.Number, trial.Configuration["rate"].Number);
        }
        Assert.Equal(5, study.Trials.Count);
        Assert.All(study.Trials, trial => Assert.Equal(TrialState.Completed, trial.State));
        Assert.Equal(study.Trials.Max(trial => trial.Configuration["rate"].Number), study.Best!.Value);
        Assert.Equal(NextStepKind.Done, study.Next().Kind);
    }

    [Fact]
    public void Failed_trials_do_not_count_against_the_budget_and_infeasible_ones_do()
    {
        var study = new Study(s_settings);
        study.Fail(study.Ask()!.Number, "the node was lost");
        study.Infeasible(study.Ask()!.Number, "out of memory");
        while (study.Ask() is { } trial) study.Tell(trial.Number, 1);
        Assert.Equal(6, study.Trials.Count);
    }

    [Fact]
    public void A_metric_that_is_not_a_number_makes_a_trial_infeasible()
    {
        var study = new Study(s_settings);
        var (reported, told) = (study.Ask()!.Number, study.Ask()!.Number);
        Assert.Equal(DecisionKind.Stop, study.Report(reported, 1, double.NaN).Kind);
        Assert.Equal(TrialState.Infeasible, study.Get(reported).State);
        Assert.Equal(TrialState.Infeasible, study.Tell(told, double.PositiveInfinity).State);
        Assert.Null(study.Best);
    }

    [Fact]
    public void Messages_that_come_twice_or_late_change_nothing()
    {
        var study = new Study(s_settings);
        var number = study.Ask()!.Number;
        study.Report(number, 2, 0.5);
        Assert.Equal(DecisionKind.Continue, study.Report(number, 1, 0.9).Kind);
        Assert.Single(study.Get(number).Measurements);
        study.Tell(number, 0.7);
        study.Tell(number, 0.8);
        study.Fail(number, "late");
        Assert.Equal(DecisionKind.Stop, study.Report(number, 3, 0.9).Kind);
        Assert.Equal((TrialState.Completed, 0.7), (study.Get(number).State, study.Get(number).Value!.Value));
    }

    [Fact]
    public void Configurations_added_by_hand_come_first_and_are_checked()
    {
        var study = new Study(s_settings);
        var own = new Configuration([new("rate", 1e-3), new("depth", 2)]);
        study.Enqueue(own);
        study.Enqueue(own);
        Assert.Throws<SpaceException>(() => study.Enqueue(own.With("depth", 7)));
        Assert.Equal(own, study.Ask()!.Configuration);
        Assert.Equal(0, study.Ask()!.DuplicateOf);
        Assert.NotEqual(own, study.Ask()!.Configuration);
    }

    [Fact]
    public void A_study_that_is_put_down_goes_on_as_if_nothing_had_happened()
    {
        List<TrialEvent> ledger = [];
        var study = new Study(s_settings);
        study.Recorded += ledger.Add;
        study.Enqueue(new([new("rate", 1e-3), new("depth", 2)]));
        study.Tell(study.Ask()!.Number, 1);
        study.Report(study.Ask()!.Number, 1, 0.4);
        study.Fail(study.Ask()!.Number, "lost");
        var (restored, replayed) = (Study.Restore(study.Snapshot()), Study.Replay(s_settings, ledger));
        Assert.Equal(study.Snapshot(), restored.Snapshot());
        Assert.Equal(study.Snapshot(), replayed.Snapshot());
        var next = study.Ask()!.Configuration;
        Assert.Equal(next, restored.Ask()!.Configuration);
        Assert.Equal(next, replayed.Ask()!.Configuration);
    }

    [Fact]
    public void A_longer_budget_goes_on_where_the_search_had_ended()
    {
        var study = new Study(s_settings with { Budget = new(1, 1) });
        study.Tell(study.Ask()!.Number, 1);
        Assert.Null(study.Ask());
        study.Budget = study.Budget with { Trials = 2 };
        Assert.Equal(1, study.Ask()!.Number);
    }

    [Fact]
    public void What_cannot_be_is_said_with_what_can()
    {
        var mistyped = Assert.Throws<TuningException>(() => new Study(s_settings with { Sampler = new("radnom") }));
        Assert.Contains("did you mean 'random'?", mistyped.Message, StringComparison.Ordinal);
        Assert.Contains("'random' has no options", Assert.Throws<TuningException>(() => new Study(s_settings with
        {
            Sampler = new("random") { Options = new Dictionary<string, double> { ["startup"] = 3 } },
        })).Message, StringComparison.Ordinal);
        Assert.Throws<TuningException>(() => new Study(s_settings).Tell(0, 1));
        Assert.Throws<TuningException>(() => Study.Restore("{}"));
        Assert.Throws<TuningException>(() => new SweepBudget(0, 1));
    }
}
