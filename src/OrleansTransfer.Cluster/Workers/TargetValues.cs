using OrleansTransfer.Learning.Evaluation;
using OrleansTransfer.Learning.Evaluation.Validators;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>Names of the figures that events carry of a target domain.</summary>
internal static class TargetValues
{
    private const string Prefix = "target.";

    /// <summary>An epoch's scores, and its accuracy where target labels exist for checking; nothing without a target.</summary>
    public static IEnumerable<KeyValuePair<string, double>> Of(TargetEpoch? epoch)
    {
        if (epoch is null) yield break;
        foreach (var (i, validator) in UnsupervisedValidators.All.Index())
            if (double.IsFinite(epoch.Scores[i])) yield return new(Prefix + validator.Name, epoch.Scores[i]);
        if (double.IsFinite(epoch.Accuracy)) yield return new(Prefix + "accuracy", epoch.Accuracy);
    }

    /// <summary>The figures on validation samples; nothing without such.</summary>
    public static IEnumerable<KeyValuePair<string, double>> Of(ClassificationReport? validation) => validation is null ? [] :
    [
        new("accuracy", validation.Accuracy),
        new("loss", validation.Loss),
        new("macroF1", validation.MacroF1),
    ];

    /// <summary>
    /// A run's final figures: on the source, where there is data of it, the picked epoch's scores, accuracy by pick with its interval, in the last
    /// epoch and in the best, before the adaptation of a finished model, and after each phase where there are several.
    /// </summary>
    public static Dictionary<string, double> Of(RunPlan plan, TrainingResult result, TargetOutcome target)
    {
        var values = new Dictionary<string, double>(Of(result.Validation)) { [Prefix + "pickedEpoch"] = target.PickedEpoch + 1 };
        foreach (var (name, value) in Of(target.History.FirstOrDefault(epoch => epoch.Epoch == target.PickedEpoch))) values[name] = value;
        if (target.Test is not { } test || target.History.Count == 0) return values;
        values[Prefix + "accuracy"] = test.Accuracy;
        values[Prefix + "macroF1"] = test.MacroF1;
        values[Prefix + "accuracyLast"] = target.History[^1].Accuracy;
        values[Prefix + "accuracyBest"] = target.History.Max(epoch => epoch.Accuracy);
        if (target.History[0] is { Epoch: TargetEpoch.Start } start) values[Prefix + "accuracyBefore"] = start.Accuracy;
        if (test.Samples > 0)
        {
            var interval = BootstrapInterval.OfAccuracy(test);
            (values[Prefix + "accuracyLow"], values[Prefix + "accuracyHigh"]) = (interval.Low, interval.High);
        }
        var steps = target.History.Where(epoch => epoch.Epoch != TargetEpoch.Start).GroupBy(epoch => plan.PhaseOf(epoch.Epoch)).ToList();
        if (steps.Count > 1)
            foreach (var (i, step) in steps.Index()) values[$"{Prefix}step.{i + 1}.{step.Key}"] = step.Last().Accuracy;
        return values;
    }
}
