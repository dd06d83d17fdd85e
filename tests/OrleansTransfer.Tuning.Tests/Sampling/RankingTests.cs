using OrleansTransfer.Tuning.Sampling;
using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Tests.Sampling;

public class RankingTests
{
    [Fact]
    public void Trials_are_compared_at_the_latest_epoch_that_enough_came_to()
    {
        var history = History(
            [5, 4, 3], // completed first, without rivals
            [2, 1.5],
            [3],
            [1, 0.5, 0.4],
            []);
        // A quarter of the four with a value came to epoch 3, a half to epoch 2.
        Assert.Equal([3, 1, 0, 2, 4], Ranking.Of(history, 0.5).Select(trial => trial.Number));
        Assert.Equal([3, 0, 1, 2, 4], Ranking.Of(history, 0.25).Select(trial => trial.Number));
    }

    [Fact]
    public void Completed_trials_that_measured_nothing_are_ranked_by_what_they_told()
    {
        var history = Histories.Of(Enumerable.Range(0, 4).Select(i => (new Configuration([new("x", i)]), TrialState.Completed, (double)-i)));
        Assert.Equal([3, 2, 1, 0], Ranking.Of(history, 0.24).Select(trial => trial.Number));
    }

    // Losses by epoch: three make a completed trial, none an infeasible one.
    private static TrialHistory History(params double[][] curves)
    {
        var history = new TrialHistory(Goal.Minimise);
        for (var i = 0; i < curves.Length; i++)
        {
            history.Apply(new(i, TrialEventKind.Started) { Configuration = new([new("x", i)]), Until = 3 });
            for (var epoch = 0; epoch < curves[i].Length; epoch++)
                history.Apply(new(i, TrialEventKind.Measured) { Epoch = epoch + 1, Value = curves[i][epoch] });
            var kind = curves[i].Length switch { 3 => TrialEventKind.Completed, 0 => TrialEventKind.Infeasible, _ => TrialEventKind.Stopped };
            history.Apply(new(i, kind) { Value = kind == TrialEventKind.Completed ? curves[i][^1] : null });
        }
        return history;
    }
}
