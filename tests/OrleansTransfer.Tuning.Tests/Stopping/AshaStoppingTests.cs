using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Stopping;

namespace OrleansTransfer.Tuning.Tests.Stopping;

public class AshaStoppingTests
{
    [Theory]
    [InlineData(1, 3, 81, new[] { 1, 3, 9, 27 })]
    [InlineData(1, 4, 100, new[] { 1, 4, 16, 64 })]
    [InlineData(2, 2, 10, new[] { 2, 4, 8 })]
    [InlineData(5, 3, 5, new int[0])]
    [InlineData(1, 3, 1, new int[0])]
    public void Rungs_lie_a_factor_apart_below_the_end(int first, int factor, int end, int[] rungs) =>
        Assert.Equal(rungs, Rungs.Of(first, factor, end));

    // Losses in the order in which trials come to the first rung, and which of them train on with factor 3.
    [Theory]
    [InlineData(new[] { 5.0 }, "+")]
    [InlineData(new[] { 5.0, 4, 3, 2 }, "++++")]
    [InlineData(new[] { 1.0, 2, 3, 4 }, "+---")]
    [InlineData(new[] { 1.0, 2, 3, 4, 5, 1.5 }, "+----+")]
    [InlineData(new[] { 3.0, 3, 3 }, "+++")]
    [InlineData(new[] { 1.0, 2, 3, 4, 5, 6, 7, 8, 2.5 }, "+-------+")]
    [InlineData(new[] { 1.0, 2, 3, 4, 5, 6, 7, 8, 3.5 }, "+--------")]
    public void A_trial_in_the_best_third_of_its_rung_so_far_trains_on(double[] losses, string expected)
    {
        var study = Study();
        var found = losses.Select(loss => study.Report(study.Ask()!.Number, 1, loss).Kind == DecisionKind.Continue ? '+' : '-');
        Assert.Equal(expected, string.Concat(found));
    }

    [Fact]
    public void The_reason_names_place_rung_and_places()
    {
        var study = Study();
        study.Report(study.Ask()!.Number, 1, 1);
        Assert.Equal("place 2 of 2 at epoch 1, 1 train on", study.Report(study.Ask()!.Number, 1, 2).Reason);
    }

    [Fact]
    public void A_trial_that_reports_past_a_rung_is_compared_there_once()
    {
        var study = Study();
        var (best, other) = (study.Ask()!.Number, study.Ask()!.Number);
        Assert.Equal(9, study.Report(best, 4, 1).Until);
        Assert.Equal(DecisionKind.Continue, study.Report(best, 5, 9).Kind);
        Assert.Equal(DecisionKind.Stop, study.Report(other, 3, 2).Kind);
    }

    [Fact]
    public void The_plan_expects_what_a_simulation_of_trials_in_random_order_comes_to()
    {
        var rule = new AshaStopping(new() { First = 1 });
        var plan = rule.Plan(new(400, 81));
        var spent = Enumerable.Range(0, 40).Average(seed =>
        {
            var study = new Study(Settings(400) with { Seed = seed }, rule: rule);
            new SimulatedSweep(study, 1, seed) { Loss = (trial, _) => trial.Configuration["x"].Number }.Run();
            return study.Trials.Sum(trial => trial.Epochs);
        });
        Assert.InRange(plan.ExpectedEpochs / spent, 0.9, 1.1);
        Assert.Equal([1, 3, 9, 27, 81], plan.Rungs.Select(rung => rung.Epoch));
    }

    private static Study Study() => new(Settings(100), rule: new AshaStopping(new() { First = 1 }));

    private static StudySettings Settings(int trials) => new()
    {
        Parameters = [new UniformParameter("x", 0, 1)],
        Budget = new(trials, 81),
        Goal = Trials.Goal.Minimise,
        Sampler = new("random"),
    };
}
