using OrleansTransfer.Cli.Sweeps;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Tests.Sweeps;

public sealed class SweepImportancesTests
{
    [Fact]
    public void Trials_are_compared_after_the_latest_epoch_that_enough_of_them_measured()
    {
        List<SweepTrial> trials = [.. Enumerable.Range(0, 20).Select(number => Measured(number, epochs: number < 3 ? 9 : number < 8 ? 3 : 1))];
        var importances = SweepImportances.Of(MadeUpSweeps.Of(trials, SweepState.Completed))!;
        Assert.Equal((3, 8), (importances.Epoch, importances.Trials));
        Assert.Equal(MadeUpSweeps.LearningRate, importances.Shares[0].Path);
        Assert.True(importances.Shares[0].Share > 0.9);
    }

    [Fact]
    public void Too_few_trials_or_equal_values_tell_nothing()
    {
        Assert.Null(SweepImportances.Of(MadeUpSweeps.Of([.. Enumerable.Range(0, 3).Select(number => Measured(number, 9))], SweepState.Completed)));
        Assert.Null(SweepImportances.Of(MadeUpSweeps.Of(
            [.. Enumerable.Range(0, 9).Select(number => MadeUpSweeps.Trial(number, "Completed", 9, 0.5))], SweepState.Completed)));
        Assert.Null(SweepImportances.Of(MadeUpSweeps.Of([], SweepState.Running)));
    }

    private static SweepTrial Measured(int number, int epochs) =>
        MadeUpSweeps.Trial(number, epochs == 9 ? "Completed" : "Stopped", epochs, rate: Math.Pow(10, -1 - (0.2 * number))) with
        {
            Value = 0.1 * number,
            Measurements = [.. Enumerable.Range(1, epochs).Select(epoch => new TrialMeasurement(epoch, 0.1 * number))],
        };
}
