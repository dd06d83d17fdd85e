using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Stopping;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Tests.Stopping;

public class MedianStoppingTests
{
    [Fact]
    public void A_trial_worse_than_the_median_at_its_epoch_is_stopped()
    {
        var study = Study(new() { Startup = 3, WarmUp = 1 });
        foreach (var accuracy in new[] { 0.5, 0.6, 0.7 }) Report(study, study.Ask()!.Number, accuracy, accuracy);
        Assert.Equal([DecisionKind.Continue, DecisionKind.Stop], Report(study, study.Ask()!.Number, 0.2, 0.54));
        Assert.Equal([DecisionKind.Continue, DecisionKind.Continue], Report(study, study.Ask()!.Number, 0.2, 0.65));
    }

    [Fact]
    public void The_best_value_so_far_counts()
    {
        var study = Study(new() { Startup = 3, WarmUp = 1 });
        foreach (var accuracy in new[] { 0.5, 0.6, 0.7 }) Report(study, study.Ask()!.Number, accuracy, accuracy);
        Assert.Equal([DecisionKind.Continue, DecisionKind.Continue], Report(study, study.Ask()!.Number, 0.9, 0.1));
    }

    [Fact]
    public void Nothing_is_stopped_before_there_is_enough_to_compare_with()
    {
        var study = Study(new() { Startup = 3, WarmUp = 0 });
        Report(study, study.Ask()!.Number, 0.9);
        Report(study, study.Ask()!.Number, 0.8);
        Assert.Equal([DecisionKind.Continue], Report(study, study.Ask()!.Number, 0.1));
        Assert.Equal([DecisionKind.Stop], Report(study, study.Ask()!.Number, 0.1));
    }

    private static DecisionKind[] Report(Study study, int trial, params double[] values) =>
        [.. values.Select((value, epoch) => study.Report(trial, epoch + 1, value).Kind)];

    private static Study Study(MedianOptions options) => new(
        new() { Parameters = [new UniformParameter("x", 0, 1)], Budget = new(50, 10), Goal = Goal.Maximise, Sampler = new("random") },
        rule: new MedianStopping(options));
}
