using OrleansTransfer.Tuning.Numerics;
using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Stopping;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Tests.Stopping;

public class PopulationBasedTrainingTests
{
    [Fact]
    public void One_of_the_worst_goes_on_from_one_of_the_best()
    {
        var study = Study();
        for (var i = 0; i < 8; i++) study.Ask();
        // The best come last, so that none of the first is among the worst when it is judged.
        for (var i = 6; i >= 0; i--) Assert.Equal(DecisionKind.Continue, study.Report(i, 1, i).Kind);
        var before = study.Get(7).Configuration;
        var decision = study.Report(7, 1, 7);
        Assert.Equal(DecisionKind.Exploit, decision.Kind);
        Assert.InRange(decision.From!.Value, 0, 1);
        Assert.Equal(decision.Configuration, study.Get(7).Configuration);
        Assert.Equal(new Exploit(1, decision.From.Value, before), study.Get(7).Exploits.Single());
        Assert.Equal(2, study.Get(7).Until);
    }

    [Fact]
    public void Exploring_changes_numbers_a_little_and_keeps_choices()
    {
        var space = new SearchSpace(
            new LogParameter("rate", 1e-4, 1e-1),
            new UniformParameter("dropout", 0, 1),
            new IntParameter("depth", 0, 3),
            new ChoiceParameter("kind", ["a", "b"]));
        var configuration = new Configuration([new("rate", 1e-2), new("dropout", 0.5), new("depth", 1), new("kind", "b")]);
        for (var seed = 0; seed < 20; seed++)
        {
            var changed = Exploration.Of(space, configuration, 0, RandomStream.For(seed));
            Assert.Contains(changed["rate"].Number, new[] { 0.008, 0.0125 }, Near);
            Assert.Contains(changed["dropout"].Number, new[] { 0.4, 0.6 }, Near);
            Assert.Contains(changed["depth"].Number, new[] { 0.0, 2 }, Near);
            Assert.Equal("b", changed["kind"].Text);
        }
    }

    private static IEqualityComparer<double> Near { get; } = EqualityComparer<double>.Create((a, b) => Math.Abs(a - b) < 1e-9, _ => 0);

    private static Study Study() => new(new()
    {
        Parameters = [new LogParameter("rate", 1e-5, 1)],
        Budget = new(8, 10),
        Goal = Goal.Minimise,
        Sampler = new("random"),
        Stopping = new("pbt"),
    });
}
