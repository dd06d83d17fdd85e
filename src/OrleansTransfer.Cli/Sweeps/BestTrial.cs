using OrleansTransfer.Cluster.Sweeps;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;

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
/// <param name="Importances">Which parameters mattered; null when too few trials can be compared.</param>
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
    SweepImportances? Importances,
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
            SweepImportances.Of(sweep),
            RecipeWriter.ToYaml(recipe));
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
