using OrleansTransfer.Cli.Sweeps;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Tests.Sweeps;

public sealed class SweepScreenTests
{
    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public void Lines_fit_the_terminal(int width)
    {
        var lines = SweepScreen.Lines(MadeUpSweeps.Completed(200), width, 30);
        Assert.All(lines, line => Assert.InRange(line.Length, 0, width));
        Assert.InRange(lines.Count, 20, 29);
        Assert.Contains(lines, line => line.StartsWith("TRI", StringComparison.Ordinal) && line.Contains("  STATE ", StringComparison.Ordinal));
    }

    [Fact]
    public void The_best_trial_and_those_that_train_are_always_shown()
    {
        List<SweepTrial> trials = [.. Enumerable.Range(0, 100).Select(number => MadeUpSweeps.Trial(number, "Stopped", 1, 0.1))];
        trials[3] = MadeUpSweeps.Trial(3, "Completed", 9, 0.9);
        trials[50] = MadeUpSweeps.Trial(50);
        var shown = TrialTable.Choose(MadeUpSweeps.Of(trials, SweepState.Running), 5);
        Assert.Equal([3, 50, 97, 98, 99], shown.Select(trial => trial.Number));
    }

    [Fact]
    public void A_trial_that_waits_for_its_sweep_to_go_on_does_not_look_as_if_it_trained()
    {
        var paused = MadeUpSweeps.Of([MadeUpSweeps.Trial(0, epochs: 2, value: 0.5)], SweepState.Paused);
        Assert.Contains(TrialTable.Lines(paused, paused.Trials, 120), line => line.Contains("Halted", StringComparison.Ordinal));
        Assert.Contains("1 halted", SweepSummary.Of(paused).DescribeTrials());
        Assert.Contains("1 running", SweepSummary.Of(paused with { State = SweepState.Running }).DescribeTrials());
    }

    [Fact]
    public void Whose_weights_trials_went_on_with_is_shown_and_told_as_it_happens()
    {
        var before = new Dictionary<string, string> { [MadeUpSweeps.LearningRate] = "0.01" };
        var trial = MadeUpSweeps.Trial(1, epochs: 2, value: 0.4, rate: 0.008);
        SweepSnapshot With(params TrialOrigin[] lineage) =>
            MadeUpSweeps.Of([MadeUpSweeps.Trial(0, epochs: 3, value: 0.9), trial with { Lineage = lineage, Attempts = 1 + lineage.Length }], SweepState.Running);
        var after = With(new TrialOrigin(2, 0, before, "00000012-000001", 3));

        Assert.DoesNotContain(TrialTable.Lines(With(), With().Trials, 120), line => line.Contains(Lineage.Heading, StringComparison.Ordinal));
        Assert.Contains(TrialTable.Lines(after, after.Trials, 200), line => line.Contains("0@3", StringComparison.Ordinal));
        var told = "trial 1 after epoch 2: weights of trial 0 after its epoch 3; learningRate 0.01 -> 0.008";
        Assert.Contains(told, SweepLines.Changes(With(), after));
        Assert.Contains("weights of trial 0 after its epoch 3", Cli.Sweeps.Report.SweepReport.Render(after), StringComparison.Ordinal);
    }

    [Fact]
    public void Long_columns_give_way_first()
    {
        var lines = FittedTable.Lines(["ID", "REASON"], [["a", "a rather long reason"], ["bb", "short"]], 14).ToList();
        Assert.Equal(["ID  REASON", "a   a rather …", "bb  short"], lines);
    }

    [Fact]
    public void Names_are_as_short_as_they_can_be_told_apart()
    {
        var names = ParameterNames.Of(["training.optimizer.type", "model.head.type", "training.epochs", "name"]);
        Assert.Equal(["optimizer.type", "head.type", "epochs", "name"], names.Values);
    }

    [Theory]
    [InlineData("0.00031234567", "3.12e-4")]
    [InlineData("0.0123456789", "0.01235")]
    [InlineData("1280", "1280")]
    [InlineData("123456.789", "123457")]
    [InlineData("last-2-stages", "last-2-stages")]
    [InlineData("0", "0")]
    public void Values_have_the_digits_that_count(string text, string expected) => Assert.Equal(expected, SweepFigures.Value(text));

    [Fact]
    public void The_incumbent_only_gets_better_and_trials_that_were_stopped_do_not_count_beside_completed_ones()
    {
        var points = Incumbents.Of(MadeUpSweeps.Of(
            [
                MadeUpSweeps.Trial(0, "Stopped", 1, 0.95), MadeUpSweeps.Trial(1, "Completed", 9, 0.8), MadeUpSweeps.Trial(2, "Completed", 9, 0.9),
                MadeUpSweeps.Trial(3, "Completed", 9, 0.7), MadeUpSweeps.Trial(4, "Infeasible", 2),
                MadeUpSweeps.Trial(5, "Completed", 9, 0.9) with { SameAs = 2 },
            ],
            SweepState.Completed));
        Assert.Equal([null, 0.8, 0.9, 0.9, 0.9], points.Select(point => point.Best));
        Assert.Equal([1L, 10, 19, 28, 30], points.Select(point => point.Epochs));
        Assert.Equal([1, 2, 3, 4, 5], points.Select(point => point.Trials));
    }
}
