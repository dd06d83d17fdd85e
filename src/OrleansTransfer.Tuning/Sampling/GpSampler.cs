using OrleansTransfer.Tuning.Sampling.GaussianProcesses;
using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Sampling;

/// <summary>
/// Bayesian optimisation with a Gaussian process (Snoek, Larochelle and Adams, arXiv 1206.2944): Matérn 5/2 kernel with a length scale per parameter,
/// hyperparameters at the maximum of their posterior, expected improvement. A running trial counts as if it had met the model's expectation (the
/// kriging believer; Ginsbourger and others 2010). Takes the cube of the number of trials: for hundreds of them, not thousands.
/// </summary>
public sealed class GpSampler(GpOptions? options = null) : ISampler
{
    /// <summary>Most trials that hyperparameters are fitted to: more hardly change them, and each fit takes many factorisations.</summary>
    private const int MostFitted = 100;

    private const int FitIterations = 25;

    private readonly GpOptions _options = options ?? new();
    private readonly SobolSampler _startup = new();

    /// <inheritdoc/>
    public string Name => "gp";

    /// <inheritdoc/>
    public Suggestion Suggest(SamplerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var (space, history) = (context.Space, context.History);
        if (history.Observed.Count < _options.Startup) return _startup.Suggest(context);
        var seen = Thin([.. history.Observed.Select(number => history.Trials[number])
            .OrderBy(history.Loss).ThenBy(trial => trial.Number)], _options.MostTrials);
        var features = new Features(space);
        var points = seen.Select(trial => space.ToUnit(trial.Configuration)).ToList();
        var losses = Warping.Of([.. seen.Select(history.Loss)]);
        var logs = Fit(features, points, losses);
        var posterior = Posterior.Of(features, points, losses, logs);
        var best = points.Min(point => posterior.At(point).Mean);
        if (history.Running.Count + history.Paused.Count > 0)
        {
            var waiting = history.Running.Concat(history.Paused).TakeLast(_options.MostTrials)
                .Select(number => space.ToUnit(history.Trials[number].Configuration)).ToList();
            var believed = waiting.Select(point => posterior.At(point).Mean);
            posterior = Posterior.Of(features, [.. points, .. waiting], [.. losses, .. believed], logs);
        }
        var found = Acquisition.Maximise(space, new(posterior, best), points, context.Random());
        return Distinct.Of(context, attempt => found[Math.Min(attempt, found.Count - 1)],
            $"the greatest expected improvement on {seen.Count} trials");
    }

    // Points are in the order of their losses: the best, and every so manieth of the others.
    private static double[] Fit(Features features, List<double[]> points, double[] losses)
    {
        var stride = Math.Max(1, (int)Math.Ceiling((points.Count - MostFitted / 2) / (MostFitted / 2.0)));
        int[] chosen = points.Count <= MostFitted
            ? [.. Enumerable.Range(0, points.Count)]
            : [.. Enumerable.Range(0, points.Count).Where(i => i < MostFitted / 2 || (i - MostFitted / 2) % stride == 0)];
        return new Likelihood(features, [.. chosen.Select(i => points[i])], [.. chosen.Select(i => losses[i])]).Maximise(FitIterations);
    }

    private static IReadOnlyList<Trial> Thin(IReadOnlyList<Trial> ranking, int most)
    {
        if (ranking.Count <= most) return ranking;
        var best = ranking.Take(most / 2);
        return [.. best, .. ranking.Skip(most / 2).OrderByDescending(trial => trial.Order).Take(most - most / 2)];
    }
}
