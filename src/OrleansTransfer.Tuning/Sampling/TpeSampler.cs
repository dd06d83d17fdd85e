using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Sampling;

/// <summary>
/// The tree-structured Parzen estimator (Bergstra and others, "Algorithms for hyper-parameter optimization", NeurIPS 2011), multivariate (Falkner and
/// others, BOHB, arXiv 1807.01774): suggests the point that is likelier among the good trials than among the others by the greatest factor. Running
/// trials count as bad (the constant liar), so that the next suggestion goes elsewhere; so do infeasible ones.
/// </summary>
public sealed class TpeSampler(TpeOptions? options = null) : ISampler
{
    private readonly TpeOptions _options = options ?? new();
    private readonly SobolSampler _startup = new();

    /// <inheritdoc/>
    public string Name => "tpe";

    /// <inheritdoc/>
    public Suggestion Suggest(SamplerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var (space, history) = (context.Space, context.History);
        if (history.Observed.Count < _options.Startup) return _startup.Suggest(context);
        // Twice as many as count as good: enough to choose among.
        var ranking = Ranking.Of(history, 2 * _options.Good, _options.MostTrials);
        var feasible = ranking.Count(trial => double.IsFinite(history.Loss(trial)));
        var count = Math.Min(Math.Min((int)Math.Ceiling(_options.Good * ranking.Count), _options.MostGood), feasible);
        var good = Estimate(space, ranking.Take(count), count);
        // Of trials that wait at rungs there may be as many as have ended.
        var waiting = history.Running.Concat(history.Paused.TakeLast(_options.MostTrials)).Select(number => history.Trials[number]);
        var bad = Estimate(space, ranking.Skip(count).Concat(waiting), ranking.Count - count + history.Running.Count);
        var random = context.Random();
        return Distinct.Of(context, _ => Best(), $"the likeliest of {_options.Candidates} to be among the best {count} of {ranking.Count}");

        Configuration Best()
        {
            var (best, most) = (Configuration.Empty, double.NegativeInfinity);
            for (var i = 0; i < _options.Candidates; i++)
            {
                var candidate = space.FromUnit(good.Draw(random));
                var point = space.ToUnit(candidate);
                var gain = good.LogDensity(point) - bad.LogDensity(point);
                if (gain > most) (best, most) = (candidate, gain);
            }
            return best;
        }
    }

    private ParzenEstimator Estimate(SearchSpace space, IEnumerable<Trial> trials, int count)
    {
        var points = new List<double[]>(count);
        foreach (var trial in trials) points.Add(space.ToUnit(trial.Configuration));
        return new(space, points, [.. Enumerable.Repeat(1.0, points.Count)], _options.Prior, _options.Bandwidth);
    }
}
