using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Stopping;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Tests.Stopping;

public class HyperbandStoppingTests
{
    // Table 1 of the paper for 81 and 3.
    [Theory]
    [InlineData(81, 3, new[] { 81, 34, 15, 8, 5 })]
    [InlineData(27, 3, new[] { 27, 12, 6, 4 })]
    [InlineData(16, 4, new[] { 16, 6, 3 })]
    [InlineData(1, 3, new[] { 1 })]
    public void Brackets_have_the_sizes_of_the_paper(int epochs, int factor, int[] sizes)
    {
        var brackets = new HyperbandBrackets(epochs, factor);
        Assert.Equal(sizes, Enumerable.Range(0, brackets.Kinds).Select(brackets.Size));
        Assert.Equal(sizes, Enumerable.Range(brackets.Kinds, brackets.Kinds).Select(brackets.Size));
    }

    [Fact]
    public void Rungs_of_a_bracket_lie_a_factor_apart_below_the_end()
    {
        var brackets = new HyperbandBrackets(81, 3);
        Assert.Equal([1, 3, 9, 27], brackets.Rungs(0));
        Assert.Equal([9, 27], brackets.Rungs(2));
        Assert.Empty(brackets.Rungs(4));
        Assert.Equal([1, 3, 9, 27], brackets.Rungs(5));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(80, 0)]
    [InlineData(81, 1)]
    [InlineData(142, 4)]
    [InlineData(143, 5)]
    [InlineData(143 + 81, 6)]
    public void Trials_fill_brackets_in_the_order_of_their_numbers(int trial, int bracket)
    {
        var brackets = new HyperbandBrackets(81, 3);
        Assert.Equal(bracket, brackets.Of(trial));
        Assert.InRange(trial, brackets.First(bracket), brackets.First(bracket) + brackets.Size(bracket) - 1);
    }

    [Fact]
    public void Each_rung_of_a_bracket_keeps_the_best_third()
    {
        var study = new Study(Settings(81));
        new SimulatedSweep(study, 5, 1) { Loss = (trial, _) => trial.Configuration["x"].Number }.Run();
        var came = new[] { 1, 3, 9, 27, 81 }.Select(epoch => study.Trials.Count(trial => trial.Epochs >= epoch));
        Assert.Equal([81, 27, 9, 3, 1], came);
        Assert.Equal(study.Trials.Min(trial => trial.Configuration["x"].Number), study.Best!.Value);
        Assert.Equal(study.Plan().ExpectedEpochs, study.Trials.Sum(trial => trial.Epochs));
    }

    [Fact]
    public void While_a_bracket_waits_the_next_one_starts()
    {
        var study = new Study(Settings(200));
        for (var i = 0; i < 81; i++) Assert.Equal(0, study.Ask()!.Bracket);
        Assert.Equal(DecisionKind.Pause, study.Report(0, 1, 0.5).Kind);
        var next = study.Next();
        Assert.Equal((NextStepKind.Start, 1), (next.Kind, next.Trial!.Bracket));
        for (var i = 1; i < 81; i++) study.Report(i, 1, i);
        Assert.Equal((NextStepKind.Resume, 0, 3), (study.Next() is var first ? first.Kind : default, first.Trial!.Number, first.Trial.Until));
        Assert.Equal(TrialState.Running, study.Get(0).State);
    }

    private static StudySettings Settings(int trials) => new()
    {
        Parameters = [new UniformParameter("x", 0, 1)],
        Budget = new(trials, 81),
        Goal = Goal.Minimise,
        Sampler = new("random"),
        Stopping = new("hyperband"),
    };
}
