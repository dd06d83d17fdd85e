using OrleansTransfer.Cluster.Sweeps;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;
using OrleansTransfer.Tuning.Importance;
using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Cli.Sweeps;

/// <summary>What came of a sweep: its best trial, how far its value can be trusted, and which parameters mattered.</summary>
/// <param name="Sweep">Id of the sweep.</param>
/// <param name="Trial">Number of the trial.</param>
/// <param name="Experiment">The experiment that trained it.</param>
/// <param name="Metric">What counts.</param>
/// <param name="Value">The trial's metric.</param>
/// <param name="Epochs">Epochs it has trained.</param>
/// <param name="Seeds">Over completed trials that differ from it in <c>training.seed</c> alone, itself included; null for it alone.</param>
/// <param name="Parameters">Its values by recipe path.</param>
/// <param name="Importances">Share of the metric's variance that each parameter explains alone, the greatest first; empty when not known.</param>
/// <param name="Recipe">Its recipe in full, as YAML.</param>
internal sealed record BestTrial(
    string Sweep,
    int Trial,
    string? Experiment,
    string Metric,
    double? Value,
    int Epochs,
    SeedSpread? Seeds,
    IReadOnlyDictionary<string, string> Parameters,
    IReadOnlyList<ParameterImportance> Importances,
    string Recipe)
{
    private const string SeedPath = "training.seed";

    /// <summary>The best trial of a sweep; null before one has a value.</summary>
    public static BestTrial? Of(SweepSnapshot sweep)
    {
        if (sweep.Best is not { } best) return null;
        var trial = sweep.Trials[best];
        var recipe = SearchStudies.RecipeOf(sweep.Recipe, SearchStudies.ConfigurationOf(trial.Parameters), sweep.Recipe.Name);
        return new(
            sweep.Id,
            best,
            trial.Experiment,
            sweep.Search.Metric,
            trial.Value,
            trial.Epochs,
            SpreadOf(sweep, trial),
            trial.Parameters,
            ImportancesOf(sweep),
            RecipeWriter.ToYaml(recipe));
    }

    /// <summary>Which parameters mattered; empty when too few trials completed, or all have the same value.</summary>
    public static IReadOnlyList<ParameterImportance> ImportancesOf(SweepSnapshot sweep)
    {
        var finished = sweep.Trials.Where(trial => trial is { State: "Completed", Value: { } value } && double.IsFinite(value));
        var completed = finished.Select(trial => new Trial
        {
            Number = trial.Number,
            Configuration = SearchStudies.ConfigurationOf(trial.Parameters),
            State = TrialState.Completed,
            Value = trial.Value,
        });
        var space = new SearchSpace(SearchStudies.SettingsOf(sweep.Recipe, sweep.Search).Parameters);
        var importances = Tuning.Importance.Importances.Of(space, completed, sweep.Search.Seed);
        return importances.Any(found => found.Share > 0) ? importances : [];
    }

    private static SeedSpread? SpreadOf(SweepSnapshot sweep, SweepTrial best)
    {
        var key = KeyOf(best);
        var values = sweep.Trials
            .Where(trial => trial is { State: "Completed", SameAs: null, Value: not null } && KeyOf(trial) == key)
            .Select(trial => trial.Value!.Value)
            .ToList();
        if (values.Count < 2) return null;
        var mean = values.Average();
        var deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1));
        return new(values.Count, mean, deviation, values.Min(), values.Max());
    }

    private static string KeyOf(SweepTrial trial) =>
        SearchStudies.ConfigurationOf(new Dictionary<string, string>(trial.Parameters.Where(value => value.Key != SeedPath))).Key;
}

/// <summary>A metric over runs that differ in their seed alone.</summary>
internal sealed record SeedSpread(int Runs, double Mean, double StandardDeviation, double Least, double Most);
