using OrleansTransfer.Tuning.Numerics;
using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Importance;

/// <summary>How much a parameter alone moves the metric.</summary>
/// <param name="Path">The parameter.</param>
/// <param name="Share">Share of the metric's variance over the whole space, 0 to 1.</param>
public sealed record ParameterImportance(string Path, double Share);

/// <summary>
/// Functional analysis of variance (Hutter, Hoos and Leyton-Brown, "An efficient approach for assessing hyperparameter importance", ICML 2014): a
/// random forest is fitted to the finished trials, and the variance of its prediction over the space is split into what each parameter explains
/// alone; the rest is due to several together. Shares are of the space, not of where the search went. A parameter that is inactive counts as in the
/// middle of its range.
/// </summary>
public static class Importances
{
    private const int Trees = 64;
    private const int FewestTrials = 4;

    /// <summary>
    /// The shares of all parameters, the greatest first; all 0 with fewer than four trials that have a value, or when their values are equal.
    /// </summary>
    /// <param name="space">What was varied.</param>
    /// <param name="trials">Completed ones count; stopped ones do not, for they were measured after fewer epochs.</param>
    /// <param name="seed">Source of the forest's randomness.</param>
    public static IReadOnlyList<ParameterImportance> Of(SearchSpace space, IEnumerable<Trial> trials, long seed = 0)
    {
        ArgumentNullException.ThrowIfNull(space);
        var completed = trials.Where(trial => trial.State == TrialState.Completed).ToList();
        var shares = new double[space.Dimensions];
        if (completed.Count >= FewestTrials)
        {
            var points = completed.Select(trial => space.ToUnit(trial.Configuration).Select(x => double.IsNaN(x) ? 0.5 : x).ToArray()).ToList();
            double[] values = [.. completed.Select(trial => trial.Value!.Value)];
            var counted = 0;
            for (var i = 0; i < Trees; i++)
                if (Add(RegressionTree.Grow(points, values, RandomStream.For(seed, i)), shares)) counted++;
            for (var i = 0; i < shares.Length; i++) shares[i] /= Math.Max(1, counted);
        }
        var found = space.Parameters.Select((parameter, i) => new ParameterImportance(parameter.Path, shares[i]));
        return [.. found.OrderByDescending(one => one.Share)];
    }

    // Adds the shares of a tree; false when it predicts the same everywhere.
    private static bool Add(RegressionTree tree, double[] shares)
    {
        var mean = tree.Leaves.Sum(leaf => leaf.Volume() * leaf.Value);
        var variance = tree.Leaves.Sum(leaf => leaf.Volume() * (leaf.Value - mean) * (leaf.Value - mean));
        if (!(variance > 1e-300)) return false;
        for (var i = 0; i < shares.Length; i++) shares[i] += Marginal(tree, i, mean) / variance;
        return true;
    }

    // The variance, over one dimension, of the prediction's mean over the others: constant between the borders of leaves.
    private static double Marginal(RegressionTree tree, int dimension, double mean)
    {
        double[] borders = [.. tree.Leaves.Select(leaf => leaf.Low[dimension]).Append(1).Distinct().Order()];
        var means = new double[borders.Length - 1];
        foreach (var leaf in tree.Leaves)
        {
            var weighted = leaf.Volume(dimension) * leaf.Value;
            var first = Array.BinarySearch(borders, leaf.Low[dimension]);
            for (var k = first; k < means.Length && borders[k] < leaf.High[dimension]; k++) means[k] += weighted;
        }
        return means.Select((value, k) => (borders[k + 1] - borders[k]) * (value - mean) * (value - mean)).Sum();
    }
}
