using OrleansTransfer.Tuning.Numerics;
using OrleansTransfer.Tuning.Space;

namespace OrleansTransfer.Tuning.Sampling.GaussianProcesses;

/// <summary>
/// Finds configurations with a great expected improvement: many points all over the space and around the best trials, the most promising of them
/// moved uphill, then each choice and each stepped number of the result tried one value up and down.
/// </summary>
internal static class Acquisition
{
    private const int Everywhere = 256, Around = 24, Incumbents = 4, Climbers = 4, Climbs = 20;

    /// <param name="space">What may be varied.</param>
    /// <param name="improvement">What to maximise.</param>
    /// <param name="ranking">Points of the trials, the best first.</param>
    /// <param name="random">Where points come from.</param>
    /// <returns>Configurations, the most promising first; at least one.</returns>
    public static IReadOnlyList<Configuration> Maximise(
        SearchSpace space, ExpectedImprovement improvement, IReadOnlyList<double[]> ranking, RandomStream random)
    {
        var found = new Dictionary<Configuration, double>();
        var candidates = Candidates(space, ranking, random).Select(Try).OrderByDescending(candidate => candidate.Gain).ToList();
        foreach (var (point, _) in candidates.Take(Climbers))
        {
            Climb(point);
            var top = Try(point);
            foreach (var neighbour in Neighbours(space, top.Point)) Try(neighbour);
        }
        return [.. found.OrderByDescending(pair => pair.Value).Select(pair => pair.Key)];

        // The value at the configuration itself, which steps may have moved.
        (double[] Point, double Gain) Try(double[] point)
        {
            var configuration = space.FromUnit(point);
            var exact = space.ToUnit(configuration);
            if (!found.TryGetValue(configuration, out var gain)) found[configuration] = gain = improvement.LogAt(exact);
            return (exact, gain);
        }

        // Moves the numbers that the point has; all else stays.
        void Climb(double[] point)
        {
            int[] moving = [.. Enumerable.Range(0, point.Length).Where(d => space.Parameters[d] is not ChoiceParameter && !double.IsNaN(point[d]))];
            if (moving.Length == 0) return;
            double[] place = (double[])point.Clone(), slopes = new double[point.Length];
            double[] start = [.. moving.Select(d => point[d])], low = new double[moving.Length], high = new double[moving.Length];
            Array.Fill(high, 1);
            BoxMinimizer.Minimise(Minus, start, low, high, Climbs);
            for (var i = 0; i < moving.Length; i++) point[moving[i]] = start[i];

            double Minus(ReadOnlySpan<double> coordinates, Span<double> gradient)
            {
                for (var i = 0; i < moving.Length; i++) place[moving[i]] = coordinates[i];
                var value = improvement.Minus(place, slopes);
                for (var i = 0; i < moving.Length; i++) gradient[i] = slopes[moving[i]];
                return value;
            }
        }
    }

    private static IEnumerable<double[]> Candidates(SearchSpace space, IReadOnlyList<double[]> ranking, RandomStream random)
    {
        for (var i = 0; i < Everywhere; i++) yield return random.NextPoint(space.Dimensions);
        foreach (var centre in ranking.Take(Incumbents))
        {
            for (var i = 0; i < Around; i++)
            {
                // From close by to a tenth of the range.
                var spread = Math.Pow(10, -3 + 2.0 * i / (Around - 1));
                var point = random.NextPoint(space.Dimensions);
                for (var d = 0; d < point.Length; d++)
                {
                    if (double.IsNaN(centre[d])) continue;
                    if (space.Parameters[d] is ChoiceParameter) point[d] = random.NextDouble() < 1.0 / space.Dimensions ? point[d] : centre[d];
                    else point[d] = Math.Clamp(centre[d] + spread * random.NextNormal(), 0, 1);
                }
                yield return point;
            }
        }
    }

    private static IEnumerable<double[]> Neighbours(SearchSpace space, double[] point)
    {
        for (var d = 0; d < point.Length; d++)
        {
            if (double.IsNaN(point[d])) continue;
            foreach (var value in space.Parameters[d].Neighbours(space.Parameters[d].FromUnit(point[d])))
            {
                // A child of a choice that changes may have had no value: the middle of its range.
                double[] neighbour = [.. point.Select(coordinate => double.IsNaN(coordinate) ? 0.5 : coordinate)];
                neighbour[d] = space.Parameters[d].ToUnit(value);
                yield return neighbour;
            }
        }
    }
}
