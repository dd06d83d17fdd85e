using OrleansTransfer.Cluster.Sweeps;
using OrleansTransfer.Contracts.Sweeps;
using OrleansTransfer.Tuning.Importance;
using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Cli.Sweeps;

/// <summary>Which parameters of a sweep mattered.</summary>
/// <param name="Epoch">Trials are compared by their metric after this epoch: the same for all, or those that were stopped early would look bad.</param>
/// <param name="Trials">How many came that far.</param>
/// <param name="Shares">Share of the metric's variance that each parameter explains alone, the greatest first.</param>
internal sealed record SweepImportances(int Epoch, int Trials, IReadOnlyList<ParameterImportance> Shares)
{
    private const int FewestTrials = 4;

    // Late epochs tell more of a trial, early ones of more trials.
    private const double LeastPart = 0.25;

    /// <summary>The importances by the latest epoch that enough trials have measured; null when there is none, or all values are equal.</summary>
    public static SweepImportances? Of(SweepSnapshot sweep)
    {
        var measured = sweep.Trials.Where(trial => trial is { SameAs: null, Measurements.Count: > 0 }).ToList();
        var enough = Math.Max(FewestTrials, (int)Math.Ceiling(measured.Count * LeastPart));
        var epochs = measured.SelectMany(trial => trial.Measurements)
            .Where(measurement => double.IsFinite(measurement.Value))
            .GroupBy(measurement => measurement.Epoch)
            .Where(group => group.Count() >= enough)
            .Select(group => group.Key);
        if (epochs.DefaultIfEmpty().Max() is not (> 0 and var epoch)) return null;

        var space = new SearchSpace(SearchStudies.SettingsOf(sweep.Recipe, sweep.Search).Parameters);
        List<Trial> trials = [.. measured.Select(trial => At(trial, epoch)).OfType<Trial>()];
        var shares = Importances.Of(space, trials, sweep.Search.Seed);
        return shares.Any(found => found.Share > 0) ? new(epoch, trials.Count, shares) : null;
    }

    /// <summary>What the shares rest on.</summary>
    public string Describe(string metric) => $"share of the variance of {metric} that each parameter explains alone, after epoch {Epoch} of {Trials} trials";

    private static Trial? At(SweepTrial trial, int epoch)
    {
        var values = trial.Measurements.Where(measurement => measurement.Epoch == epoch && double.IsFinite(measurement.Value)).ToList();
        return values.Count == 0 ? null : new()
        {
            Number = trial.Number,
            Configuration = SearchStudies.ConfigurationOf(trial.Parameters),
            State = TrialState.Completed,
            Value = values[0].Value,
        };
    }
}
